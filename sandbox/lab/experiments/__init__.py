"""The experiments by name, in the order in which a newcomer would do them."""

from collections.abc import Mapping, Sequence

from sandbox.lab.experiment import Experiment
from sandbox.lab.experiments import (
    alb_2048,
    algorithm,
    canary,
    client_info,
    graceful_shutdown,
    nlb_ip,
    nlb_tls,
    options,
    readiness_gate,
    ssl_redirect,
    throughput,
)

_TEN = (
    nlb_ip,
    alb_2048,
    options,
    algorithm,
    client_info,
    canary,
    ssl_redirect,
    nlb_tls,
    readiness_gate,
    graceful_shutdown,
)
EXPERIMENTS: Mapping[str, Experiment] = {module.EXPERIMENT.name: module.EXPERIMENT for module in (*_TEN, throughput)}
"""The ten with load balancers, and one with the laboratory itself."""

SERIES: Mapping[str, Sequence[str]] = {
    "ten": tuple(module.EXPERIMENT.name for module in _TEN),
    "all": tuple(EXPERIMENTS),
}
"""Names for several."""
