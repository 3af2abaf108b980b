"""What the network load balancer in front of an ingress group's load balancer should be (ingress behaviour, section
20)."""

from services.planner.core.build.front.front import build_front

__all__ = ["build_front"]
