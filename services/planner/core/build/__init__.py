"""Building what a stack should be from the Kubernetes objects that make it up: `build_stack` is the way in."""

from services.planner.core.build.stack import Broken, Built, build_stack, stack_lookup

__all__ = ["Broken", "Built", "build_stack", "stack_lookup"]
