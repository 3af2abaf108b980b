"""What the executor knows as pure functions over data: graph, references, operations, budget, errors, conditions."""
