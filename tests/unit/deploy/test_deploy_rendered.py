"""The chart as helm renders it. Left out where there is no helm."""

import base64
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from pydantic_settings import BaseSettings

from services.executor.settings import ExecutorSettings
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.planning_settings import PlanningSettings
from services.planner.settings import PlannerSettings
from services.runtime import options
from services.runtime.settings import ServerSettings
from services.watcher.admission.handlers import Handlers
from services.watcher.settings import WatcherSettings
from tests.unit.deploy.chart import CHART, REQUIRED, SERVICES

HELM = shutil.which("helm")
pytestmark = pytest.mark.skipif(HELM is None, reason="needs helm")

SETTINGS: Mapping[str, type[ServerSettings]] = {
    "watcher": WatcherSettings,
    "planner": PlannerSettings,
    "executor": ExecutorSettings,
}
OTHERS = (
    "--namespace=",
    "--cluster-name",
    "--aws-",
    "--lease-",
    "--reference-",
    "--listen",
    "--log-level",
    "--tls-",
    "--shutdown-",
)
"""Flags of the planner that are no settings of planning."""

Documents = Mapping[tuple[str, str], Any]


def helm(change: Mapping[str, Any], *flags: str) -> "subprocess.CompletedProcess[str]":
    assert HELM is not None
    command = [HELM, "template", "elbow", str(CHART), "--namespace=elbow-system", "--kube-version=1.33.0", *flags]
    values = json.dumps({**REQUIRED, **change})
    return subprocess.run([*command, "--values=-"], input=values, text=True, capture_output=True, check=False)


def render(change: Mapping[str, Any], *flags: str) -> Documents:
    """All objects by kind and name."""
    done = helm(change, *flags)
    assert done.returncode == 0, done.stderr
    documents = (document for document in yaml.safe_load_all(done.stdout) if document)
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


@pytest.fixture(scope="module")
def rendered() -> Documents:
    return render({})


def container(documents: Documents, name: str) -> Any:
    [found] = documents["Deployment", f"elbow-{name}"]["spec"]["template"]["spec"]["containers"]
    return found


def environment(documents: Documents, name: str) -> Iterator[tuple[str, str]]:
    for variable in container(documents, name)["env"]:
        yield variable["name"], variable.get("value", f"the pod's {variable.get('valueFrom')}")


def settings_of(documents: Documents, name: str, monkeypatch: pytest.MonkeyPatch) -> BaseSettings:
    with monkeypatch.context() as patched:
        for variable, value in environment(documents, name):
            patched.setenv(variable, value)
        return options.load(SETTINGS[name], container(documents, name)["args"], program=name)


def test_the_release_is_these_objects(rendered: Documents) -> None:
    each = {(kind, f"elbow-{name}") for name in SERVICES for kind in ("ServiceAccount", "Service", "Deployment")}
    secrets = {("Secret", f"elbow-{name}-tls") for name in SERVICES}
    rights = ("watcher", "planner", "planner-reference", "executor")
    roles = {(kind, f"elbow-{name}") for name in rights for kind in ("Role", "RoleBinding")}
    cluster_roles = {
        (kind, f"elbow-system-elbow-{name}")
        for name in ("watcher", "executor")
        for kind in ("ClusterRole", "ClusterRoleBinding")
    }
    webhooks = {(f"{kind}WebhookConfiguration", "elbow-webhook") for kind in ("Mutating", "Validating")}
    assert set(rendered) == each | secrets | roles | cluster_roles | webhooks | {("IngressClass", "alb")}


@pytest.mark.parametrize("allowed", [True, False])
def test_secrets_are_read_only_where_all_of_them_may_be(allowed: bool) -> None:
    documents = render({"clusterSecretsPermissions": {"allowAllSecrets": allowed}})
    verbs = {
        name: rule["verbs"]
        for (kind, name), document in documents.items()
        if kind in ("Role", "ClusterRole")
        for rule in document["rules"]
        if "secrets" in rule["resources"]
    }
    both = {"elbow-system-elbow-watcher": ["list", "watch"], "elbow-system-elbow-executor": ["get"]}
    assert verbs == (both if allowed else {})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_with_the_settings_that_its_pod_is_given(
    name: str, rendered: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(rendered, name, monkeypatch)
    assert isinstance(settings, ServerSettings)
    assert (settings.listen, str(settings.tls.cert), settings.insecure_listen) == (
        "[::]:8443",
        "/etc/elbow/tls/tls.crt",
        False,
    )


def test_planner_and_executor_mean_the_same_lease_and_cluster(
    rendered: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = settings_of(rendered, "planner", monkeypatch)
    executor = settings_of(rendered, "executor", monkeypatch)
    assert isinstance(planner, PlannerSettings)
    assert isinstance(executor, ExecutorSettings)
    assert (planner.lease.namespace, planner.lease.name) == (executor.lease.namespace, executor.lease.name)
    assert (
        (planner.cluster_name, planner.aws_vpc_id) == (executor.cluster_name, executor.aws_vpc_id) == ("shop", "vpc-1")
    )


def test_the_planner_dials_hosts_that_are_services_and_stand_in_their_certificates(
    rendered: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(rendered, "planner", monkeypatch)
    assert isinstance(settings, PlannerSettings)
    for name, address in (("watcher", settings.watcher.address), ("executor", settings.executor.address)):
        host, _, port = address.rpartition(":")
        assert (host, port) == (f"elbow-{name}.elbow-system.svc", "8443")
        assert ("Service", f"elbow-{name}") in rendered
        assert dns_names(rendered, name) == [host, "localhost"]


def dns_names(documents: Documents, name: str) -> list[str]:
    data = documents["Secret", f"elbow-{name}-tls"]["data"]
    certificate = x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(each) for each in names.get_values_for_type(x509.DNSName)]


def test_generated_certificates_are_of_one_authority_and_fit_their_keys(rendered: Documents, tmp_path: Path) -> None:
    authorities = {rendered["Secret", f"elbow-{name}-tls"]["data"]["ca.crt"] for name in SERVICES}
    [authority] = authorities
    for name in SERVICES:
        data = rendered["Secret", f"elbow-{name}-tls"]["data"]
        cert, key = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        cert.write_bytes(base64.b64decode(data["tls.crt"]))
        key.write_bytes(base64.b64decode(data["tls.key"]))
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        signer = x509.load_pem_x509_certificate(base64.b64decode(authority))
        x509.load_pem_x509_certificate(cert.read_bytes()).verify_directly_issued_by(signer)


@pytest.mark.parametrize("name", SERVICES)
def test_pods_are_found_by_their_service_and_deployment(name: str, rendered: Documents) -> None:
    deployment = rendered["Deployment", f"elbow-{name}"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    for selector in (deployment["selector"]["matchLabels"], rendered["Service", f"elbow-{name}"]["spec"]["selector"]):
        assert selector.items() <= labels.items()
        assert selector["app.kubernetes.io/component"] == name


def test_only_the_executors_account_carries_the_iam_role() -> None:
    role = "arn:aws:iam::123456789012:role/elbow"
    documents = render({"executor": {"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role}}}})
    carrying = [
        name for (kind, name), document in documents.items()
        if kind == "ServiceAccount" and "eks.amazonaws.com/role-arn" in document["metadata"].get("annotations", {})
    ]  # fmt: skip
    assert carrying == ["elbow-executor"]


def test_the_environment_of_all_reaches_each_service_and_its_own_goes_before() -> None:
    documents = render({"env": {"OTEL_A": "all", "OTEL_B": "all"}, "planner": {"env": {"OTEL_B": "planner"}}})
    found = {name: {k: v for k, v in environment(documents, name) if k.startswith("OTEL")} for name in SERVICES}
    assert found == {
        "watcher": {"OTEL_A": "all", "OTEL_B": "all"},
        "planner": {"OTEL_A": "all", "OTEL_B": "planner"},
        "executor": {"OTEL_A": "all", "OTEL_B": "all"},
    }


def test_the_time_to_end_follows_the_grace() -> None:
    pod = render({"shutdownGraceSeconds": 20})["Deployment", "elbow-executor"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 3 * 21 + 5


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        pytest.param(
            {"source": "certManager"},
            {("Issuer", "elbow-self-signed"), ("Issuer", "elbow-ca"), ("Certificate", "elbow-ca")}
            | {("Certificate", f"elbow-{name}") for name in SERVICES},
            id="cert-manager makes them",
        ),
        pytest.param(
            {"source": "existing", "existingSecrets": {"watcher": "w", "planner": "p", "executor": "e"}},
            set(),
            id="they exist",
        ),
    ],
)
def test_certificates_from_elsewhere_are_not_generated(
    tls: Mapping[str, Any], expected: set[tuple[str, str]], rendered: Documents
) -> None:
    secrets = {key for key in rendered if key[0] == "Secret"}
    documents = render({"tls": tls, "webhookConfig": {"caBundle": "Q0E="}})
    assert set(documents) == (set(rendered) - secrets) | expected


def webhooks(documents: Documents) -> dict[str, Any]:
    """All webhooks by name."""
    kinds = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    found = (webhook for kind in kinds for webhook in documents[kind, "elbow-webhook"]["webhooks"])
    return {webhook["name"]: webhook for webhook in found}


def test_every_webhook_has_the_path_and_the_policy_of_the_reference_chart(rendered: Documents) -> None:
    found = {
        name: (webhook["clientConfig"]["service"]["path"], webhook["failurePolicy"])
        for name, webhook in webhooks(rendered).items()
    }
    assert found == {
        "mpod.elbv2.k8s.aws": ("/mutate-v1-pod", "Ignore"),
        "quicid.elbv2.k8s.aws": ("/mutate-v1-pod-server-id", "Fail"),
        "mservice.elbv2.k8s.aws": ("/mutate-v1-service", "Fail"),
        "mtargetgroupbinding.elbv2.k8s.aws": ("/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", "Fail"),
        "vtargetgroupbinding.elbv2.k8s.aws": ("/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", "Fail"),
        "vingressclassparams.elbv2.k8s.aws": ("/validate-elbv2-k8s-aws-v1beta1-ingressclassparams", "Fail"),
        "vingress.elbv2.k8s.aws": ("/validate-networking-v1-ingress", "Fail"),
    }
    served = Handlers.by_path(Handlers(planner=Any, server_ids=Any, own_class="", id_variable=""))  # type: ignore[arg-type]
    assert {path for path, _ in found.values()} == set(served)


def test_the_api_server_finds_the_webhooks_and_trusts_them(
    rendered: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = rendered["Secret", "elbow-watcher-tls"]["data"]["ca.crt"]
    for webhook in webhooks(rendered).values():
        config = webhook["clientConfig"]
        host = f"{config['service']['name']}.{config['service']['namespace']}.svc"
        assert config["caBundle"] == authority
        assert host in dns_names(rendered, "watcher")
    settings = settings_of(rendered, "watcher", monkeypatch)
    assert isinstance(settings, WatcherSettings)
    [port] = [p for p in rendered["Service", "elbow-watcher"]["spec"]["ports"] if p["port"] == 443]
    [opened] = [p for p in container(rendered, "watcher")["ports"] if p["name"] == port["targetPort"]]
    assert settings.admission.address == f"[::]:{opened['containerPort']}"
    assert settings.admission.planner == "elbow-planner.elbow-system.svc:8443"
    assert settings.admission.planner.partition(":")[0] in dns_names(rendered, "planner")


def test_which_objects_the_webhooks_see(rendered: Documents) -> None:
    found = webhooks(rendered)
    gates = {"key": "elbv2.k8s.aws/pod-readiness-gate-inject", "operator": "In", "values": ["enabled"]}
    not_ours = {"key": "app.kubernetes.io/name", "operator": "NotIn", "values": ["elbow"]}
    assert found["mpod.elbv2.k8s.aws"]["namespaceSelector"] == {"matchExpressions": [gates]}
    for name in ("mpod", "quicid", "mservice", "vingressclassparams"):
        assert found[f"{name}.elbv2.k8s.aws"]["objectSelector"] == {"matchExpressions": [not_ours]}
    team = {"key": "team", "operator": "Exists"}
    changed = webhooks(render({"webhookNamespaceSelectors": [team], "objectSelector": {"matchLabels": {"a": "b"}}}))[
        "mpod.elbv2.k8s.aws"
    ]
    assert changed["namespaceSelector"] == {"matchExpressions": [team]}
    assert changed["objectSelector"] == {"matchLabels": {"a": "b"}, "matchExpressions": [not_ours]}


def test_webhooks_can_be_left_out_one_by_one_and_all_together(rendered: Documents) -> None:
    fewer = render({"enableServiceMutatorWebhook": False, "webhookConfig": {"disableIngressValidation": True}})
    assert set(webhooks(rendered)) - set(webhooks(fewer)) == {"mservice.elbv2.k8s.aws", "vingress.elbv2.k8s.aws"}
    none = render({"webhookConfig": {"enabled": False}})
    assert [kind for kind, _ in none if kind.endswith("WebhookConfiguration")] == []
    assert not [flag for flag in container(none, "watcher")["args"] if flag.startswith("--admission")]


def test_cert_manager_puts_the_authority_into_the_webhooks() -> None:
    documents = render({"tls": {"source": "certManager"}})
    metadata = documents["MutatingWebhookConfiguration", "elbow-webhook"]["metadata"]
    assert metadata["annotations"] == {"cert-manager.io/inject-ca-from": "elbow-system/elbow-watcher"}
    assert not any("caBundle" in webhook["clientConfig"] for webhook in webhooks(documents).values())


def test_a_class_with_parameters_refers_to_them() -> None:
    documents = render(
        {"ingressClassParams": {"spec": {"scheme": "internal"}}, "ingressClassConfig": {"default": True}}
    )
    assert documents["IngressClass", "alb"]["spec"] == {
        "controller": "ingress.k8s.aws/alb",
        "parameters": {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "alb"},
    }
    assert documents["IngressClassParams", "alb"]["spec"] == {"scheme": "internal"}


def test_rbac_and_class_can_be_left_to_others() -> None:
    kinds = {kind for kind, _ in render({"rbac": {"create": False}, "createIngressClassResource": False})}
    webhooks = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
    assert kinds == {"ServiceAccount", "Service", "Deployment", "Secret"} | webhooks


def test_the_crds_are_part_of_the_chart(rendered: Documents) -> None:
    with_crds = render({}, "--include-crds")
    assert set(with_crds) - set(rendered) == {
        ("CustomResourceDefinition", "ingressclassparams.elbv2.k8s.aws"),
        ("CustomResourceDefinition", "targetgroupbindings.elbv2.k8s.aws"),
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"clusterName": ""}, "clusterName: the name of the cluster is required", id="no cluster name"),
        pytest.param({"region": ""}, "region: the AWS region is required", id="no region"),
        pytest.param({"vpcId": ""}, "vpcId: the id of the cluster's VPC is required", id="no VPC"),
        pytest.param({"image": {}}, "image.repository: the repository that the images", id="no images"),
        pytest.param({"replicaCount": 2}, "replicaCount", id="a value of another chart"),
        pytest.param(
            {"tls": {"source": "existing", "existingSecrets": {"watcher": "w", "planner": "p", "executor": "e"}}},
            "webhookConfig.caBundle: the authority of the watcher's existing certificate is required",
            id="no authority of an existing certificate",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said(change: Mapping[str, Any], words: str) -> None:
    done = helm(change)
    assert done.returncode != 0
    assert words in done.stderr


def test_the_values_of_the_reference_controllers_chart_become_flags_that_the_planner_reads() -> None:
    documents = render(
        {
            "ingressClass": "public",
            "defaultTags": {"team": "web, shop", "cost": 7},
            "externalManagedTags": ["owner", "env"],
            "defaultTargetType": "ip",
            "enableShield": False,
            "certDiscovery": {"allowedCertificateAuthorityARNs": "arn:aws:acm-pca:x,arn:aws:acm-pca:y"},
            "certManagement": {"defaultPCAARN": "arn:aws:acm-pca:z"},
            "backendSecurityGroup": "sg-1",
            "controllerConfig": {"featureGates": {"EnableTCPUDPListener": True, "LBCapacityReservation": False}},
            "quotaOverrides": {"rules-per-load-balancer": 200},
            "watchNamespace": "shop",
        }
    )
    given = [arg for arg in container(documents, "planner")["args"] if "address" not in arg]
    planner = options.load(PlanningSettings, [a for a in given if not a.startswith(OTHERS)], program="planner")
    made = planner.cluster(name="c", region="r", vpc_id="v")
    assert (made.ingress_class, made.default_target_type, made.shield) == ("public", "ip", False)
    assert made.default_tags == {"team": "web, shop", "cost": "7"}
    assert made.external_managed_tags == {"owner", "env"}
    assert made.backend_security_group == "sg-1"
    assert made.certificate_authorities == {"arn:aws:acm-pca:x", "arn:aws:acm-pca:y"}
    assert made.default_certificate_authority == "arn:aws:acm-pca:z"
    assert made.gates == DEFAULT_GATES - {Gate.CAPACITY_RESERVATION} | {Gate.TCP_UDP_LISTENER}
    assert made.quota_overrides == {"rules_per_load_balancer": 200}
    assert "--watch-namespace=shop" in container(documents, "watcher")["args"]
