"""Building what a stack should be from the Kubernetes objects that make it up: `build_stack` is the way in."""

from services.planner.core.build.result import Broken, Built, stack_lookup
from services.planner.core.build.stack import build_stack

__all__ = ["Broken", "Built", "build_stack", "stack_lookup"]
