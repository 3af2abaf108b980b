"""Building the network load balancer of a Service: `build_service` is the way in (service behaviour)."""

from services.planner.core.build.service.stack import build_service, intended_groups

__all__ = ["build_service", "intended_groups"]
