"""What the experiments with AWS's own delays leave out of them, because it is not what they measure."""

from collections.abc import Mapping

AT_ONCE: Mapping[str, float] = {"application_provisioning": 1.0, "read_after_create": 0.0}
"""Delays of AWS by name, in sandbox seconds: nobody watches a load balancer come up for minutes to see a rollout."""
