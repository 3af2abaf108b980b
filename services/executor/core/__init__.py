"""The executor's pure part: steps, outcomes, conditions."""
