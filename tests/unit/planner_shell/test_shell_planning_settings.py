"""Settings of what is planned: the reference controller's flags, by flag and by environment (controller, section 1)."""

import pytest

from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import Cluster
from services.planner.planning_settings import PlanningSettings
from services.runtime.options import load


def cluster(*argv: str) -> Cluster:
    settings = load(PlanningSettings, argv, program="elbow-planner")
    return settings.cluster(name="c", region="r", vpc_id="v")


def test_without_flags_the_defaults_are_those_of_the_core() -> None:
    assert cluster() == Cluster(name="c", region="r", vpc_id="v")


def test_every_flag_reaches_the_core() -> None:
    made = cluster(
        "--default-tags=team=web,env=prod",
        "--external-managed-tags=cost, owner",
        "--default-target-type=ip",
        "--default-load-balancer-scheme=internet-facing",
        "--default-ssl-policy=ELBSecurityPolicy-TLS13-1-2-2021-06",
        "--ingress-class=",
        "--load-balancer-class=example.com/nlb",
        "--tolerate-non-existent-backend-service=false",
        "--tolerate-non-existent-backend-action=false",
        "--allowed-certificate-authority-arns=arn:a,arn:b",
        "--default-pca-arn=arn:c",
        "--enable-waf=false",
        "--no-enable-wafv2",
        "--enable-shield=false",
        "--backend-security-group=sg-1",
        "--enable-manage-backend-security-group-rules",
        "--disable-restricted-sg-rules=true",
        "--service-target-eni-security-group-tags=k=v",
        "--max-targets-per-target-group=7",
        "--required-secrets-label=oidc=yes",
        "--feature-gates=EnableTCPUDPListener=true,LBCapacityReservation=false",
        "--quota-overrides=rules-per-load-balancer=200,rules-per-security-group=120",
    )
    assert made == Cluster(
        name="c",
        region="r",
        vpc_id="v",
        default_tags={"team": "web", "env": "prod"},
        external_managed_tags=frozenset(("cost", "owner")),
        default_target_type="ip",
        default_scheme="internet-facing",
        default_ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        ingress_class="",
        load_balancer_class="example.com/nlb",
        tolerate_missing_service=False,
        tolerate_missing_action=False,
        certificate_authorities=frozenset(("arn:a", "arn:b")),
        default_certificate_authority="arn:c",
        waf_classic=False,
        wafv2=False,
        shield=False,
        backend_security_group="sg-1",
        manage_backend_rules=True,
        restricted_rules=False,
        interface_group_tags={"k": "v"},
        max_targets_per_group=7,
        required_secrets_label=("oidc", "yes"),
        gates=DEFAULT_GATES - {Gate.CAPACITY_RESERVATION} | {Gate.TCP_UDP_LISTENER},
        quota_overrides={"rules_per_load_balancer": 200, "rules_per_security_group": 120},
    )


def test_the_environment_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELBOW_DEFAULT_TAGS", "a=b")
    monkeypatch.setenv("ELBOW_ENABLE_SHIELD", "false")
    made = cluster()
    assert (made.default_tags, made.shield) == ({"a": "b"}, False)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(
            ["--default-tags=elbv2.k8s.aws/cluster=x"],
            "--default-tags (environment variable ELBOW_DEFAULT_TAGS): the tag elbv2.k8s.aws/cluster says whose a "
            "resource is and cannot be set or left to others, not 'elbv2.k8s.aws/cluster=x'",
            id="a default tag is one of ours",
        ),
        pytest.param(
            ["--external-managed-tags=service.k8s.aws/stack"],
            "the tag service.k8s.aws/stack says whose a resource is",
            id="one of our tags is left to others",
        ),
        pytest.param(
            ["--default-tags=a=b", "--external-managed-tags=a"],
            "the tag a is a default tag: it cannot be left to others",
            id="a tag is set and left to others",
        ),
        pytest.param(["--default-tags=a"], "accepted are pairs key=value", id="a tag has no value"),
        pytest.param(["--default-target-type=pod"], "Input should be 'instance' or 'ip'", id="no such target type"),
        pytest.param(["--default-load-balancer-scheme=public"], "'internal' or 'internet-facing'", id="no such scheme"),
        pytest.param(["--backend-security-group=x"], "--backend-security-group", id="no id of a security group"),
        pytest.param(
            ["--enable-backend-security-group=false", "--enable-manage-backend-security-group-rules=true"],
            "needs the backend security group, which is switched off",
            id="rules are to be managed without a group",
        ),
        pytest.param(["--required-secrets-label=a"], "accepted is one label as key=value", id="a label has no value"),
        pytest.param(
            ["--quota-overrides=rules=5"], "there is no quota rules; there are rules-per-", id="no such quota"
        ),
        pytest.param(
            ["--quota-overrides=rules-per-load-balancer=0"],
            "quota rules-per-load-balancer: accepted are whole numbers from 1",
            id="a quota of nothing",
        ),
        pytest.param(["--feature-gates=Fast=true"], "there is no feature gate Fast", id="no such gate"),
        pytest.param(
            ["--feature-gates=EnableRGTAPI=on"], "feature gate EnableRGTAPI: accepted are true and false", id="no bool"
        ),
        pytest.param(["--max-targets-per-target-group=-1"], "greater than or equal to 0", id="a negative number"),
    ],
)
def test_what_cannot_be_is_refused_with_the_flag(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cluster(*argv)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
