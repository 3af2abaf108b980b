"""The watcher's webhooks, installed where the API server asks them."""

import base64
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.kubernetes.real import free_port
from tests.contract.certificates import Authority
from tests.integration.harness.elbow import Elbow
from tests.integration.harness.kube import Object
from tests.integration.harness.sandbox import Sandbox

INJECT_LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"

_NAME = "elbow-under-test"
_PODS = ("", "v1", "pods")
_BINDINGS = ("elbv2.k8s.aws", "v1beta1", "targetgroupbindings")
_INGRESSES = ("networking.k8s.io", "v1", "ingresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook as the chart installs it. `configuration`: which of the two kinds it belongs to; `resource`: API
    group, version and plural name."""

    configuration: str
    name: str
    path: str
    resource: tuple[str, str, str]
    operations: Sequence[str] = ("CREATE", "UPDATE")
    failure_policy: str = "Fail"
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """Labels of the namespaces that it is asked about; none: all."""


POD_GATES = Webhook(
    configuration="Mutating",
    name="mpod.elbv2.k8s.aws",
    path="/mutate-v1-pod",
    resource=_PODS,
    operations=("CREATE",),
    failure_policy="Ignore",
    namespaces={INJECT_LABEL: "enabled"},
)
BINDING_DEFAULTS = Webhook(
    configuration="Mutating",
    name="mtargetgroupbinding.elbv2.k8s.aws",
    path="/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding",
    resource=_BINDINGS,
)
BINDING_RULES = Webhook(
    configuration="Validating",
    name="vtargetgroupbinding.elbv2.k8s.aws",
    path="/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding",
    resource=_BINDINGS,
)
INGRESS_RULES = Webhook(
    configuration="Validating",
    name="vingress.elbv2.k8s.aws",
    path="/validate-networking-v1-ingress",
    resource=_INGRESSES,
)


@contextmanager
def admission(sandbox: Sandbox, elbow: Elbow, folder: Path, webhooks: Sequence[Webhook]) -> Iterator[None]:
    """These webhooks inside the block. The watcher is started anew to serve them, and goes on serving afterwards."""
    authority = Authority(folder)
    files = authority.issue("webhooks")
    certificates = folder / "certificates"
    certificates.mkdir()
    shutil.copy(str(files.cert), certificates / "tls.crt")
    shutil.copy(str(files.key), certificates / "tls.key")
    address = f"127.0.0.1:{free_port()}"
    elbow.flags["watcher"] = (
        f"--admission-address={address}",
        f"--admission-cert-dir={certificates}",
        f"--admission-planner={elbow.address('planner')}",
    )
    elbow.kill("watcher")
    elbow.start("watcher")
    elbow.in_sync()
    bundle = base64.b64encode(authority.ca.read_bytes()).decode()
    configurations = list(_configurations(webhooks, f"https://{address}", bundle))
    sandbox.kube.apply(*configurations)
    try:
        yield
    finally:
        sandbox.kube.delete_all(configurations)


def _configurations(webhooks: Sequence[Webhook], url: str, bundle: str) -> Iterator[Object]:
    for kind in sorted({webhook.configuration for webhook in webhooks}):
        yield {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": _NAME},
            "webhooks": [_entry(each, url, bundle) for each in webhooks if each.configuration == kind],
        }


def _entry(webhook: Webhook, url: str, bundle: str) -> Object:
    group, version, resource = webhook.resource
    return {
        "name": webhook.name,
        "clientConfig": {"url": f"{url}{webhook.path}", "caBundle": bundle},
        "rules": [
            {
                "operations": list(webhook.operations),
                "apiGroups": [group],
                "apiVersions": [version],
                "resources": [resource],
            }
        ],
        "failurePolicy": webhook.failure_policy,
        "namespaceSelector": {"matchLabels": dict(webhook.namespaces)},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
