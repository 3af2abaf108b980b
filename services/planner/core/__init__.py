"""The planner's decisions: pure functions over frozen data; nothing here touches a network, a clock or a log."""
