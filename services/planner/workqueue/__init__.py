"""The planner's queue of keys: fair, stingy, with lanes."""
