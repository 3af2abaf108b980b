"""Plays scenarios end to end and compares: `python -m tests.conformance.run [SCENARIO...]`, all supported ones without.

With KUBEBUILDER_ASSETS set, on a real kube-apiserver. `--out DIR` keeps what was recorded. Exit code 0: all equal.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.conformance.comparison import differences, read_accepted
from tests.conformance.recorder import Recorder
from tests.conformance.scenarios import RECORDED, ROOT, SCENARIOS
from tests.integration.harness.admission import BINDING_DEFAULTS, BINDING_RULES, POD_GATES, admission
from tests.integration.harness.elbow import Elbow, running_elbow
from tests.integration.harness.sandbox import Sandbox, running_sandbox

SUPPORTED = (
    "ingress-2048",
    "ingress-instance-internal",
    "ingress-paths",
    "ingress-actions-conditions",
    "ingress-canary",
    "ingress-rewrite",
    "ingress-jwt",
    "ingress-default-backend",
    "ingress-health-attributes",
    "ingress-bad-annotation",
    "ingress-class-switched-away",
    "ingress-group-two",
    "ingress-group-member-leaves",
    "ingress-subnets-by-id",
    "ingress-service-overrides",
    "ingress-missing-service",
    "ingress-ssl-redirect",
    "ingress-listener-attributes",
    "ingress-mtls-passthrough",
    "ingress-inbound-cidrs",
    "ingress-class-params",
    "ingress-target-type-change",
    "ingress-scheme-change",
    "ingress-frontend-nlb",
    "service-nlb-ip",
    "service-nlb-instance",
    "service-nlb-ports",
    "service-nlb-legacy-type",
    "service-nlb-health-local",
    "service-nlb-source-ranges",
    "service-nlb-no-security-group",
    "service-nlb-per-port",
    "service-nlb-prefix-list-icmp",
    "service-nlb-tcp-udp",
    "service-nlb-tls",
    "service-nlb-tls-443",
    "service-nlb-weighted",
    "ingress-multi-cluster",
    "targetgroupbinding-ip",
    "targetgroupbinding-scale",
    "readiness-gate",
)
"""The scenarios of which every step must come out as it was recorded."""

_MANY = 1_000
_WEBHOOKS = (POD_GATES, BINDING_DEFAULTS, BINDING_RULES)
"""Those that were installed when the scenarios were recorded."""


@contextmanager
def services(sandbox: Sandbox, directory: Path) -> Iterator[Elbow]:
    """The services that scenarios are played with, on an AWS that does not count the values of a rule's conditions:
    that of the recordings did not."""
    with (
        sandbox.aws.quota("condition-values-per-alb-rule", _MANY),
        running_elbow(sandbox, directory / "elbow") as elbow,
        admission(sandbox, elbow, directory, _WEBHOOKS),
    ):
        yield elbow


def compared(recorder: Recorder, scenario: str, out: Path | None = None) -> list[str]:
    """Plays a scenario; the differences that nobody accepted. `out`: a folder that keeps the records."""
    accepted = read_accepted(ROOT / "accepted.tsv")
    found = []
    for step, record in recorder.play(scenario):
        if out is not None:
            (out / scenario).mkdir(parents=True, exist_ok=True)
            (out / scenario / f"{step}.json").write_text(json.dumps(record, indent=1, sort_keys=True))
        expected = json.loads((RECORDED / scenario / f"{step}.json").read_text())
        found += differences(f"{scenario}/{step}", expected, record, accepted)
    return found


@click.command()
@click.argument("scenarios", nargs=-1, type=click.Choice(sorted(p.name for p in SCENARIOS.iterdir())))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder that keeps what was recorded.")
def main(scenarios: tuple[str, ...], out: Path | None) -> None:
    """Play SCENARIOS and print every difference to the recordings."""
    wanted = scenarios or SUPPORTED
    equal = 0
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with running_sandbox(directory) as sandbox, services(sandbox, directory) as elbow:
            recorder = Recorder(sandbox, elbow)
            for scenario in wanted:
                found = compared(recorder, scenario, out)
                for line in found:
                    click.echo(line)
                equal += not found
    click.echo(f"{equal} of {len(wanted)} scenarios equal")
    sys.exit(equal != len(wanted))


if __name__ == "__main__":
    main()
