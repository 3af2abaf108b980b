"""HTTPS end to end, three processes: a host without a certificate waits alone, a trust store is found by its name."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness.elbow import Elbow
from tests.integration.harness.game import Game, ingress
from tests.integration.harness.sandbox import Sandbox
from tests.integration.harness.waiting import until

pytestmark = pytest.mark.integration

READY, WAITING = "www.example.com", "waits.example.net"


def secured(game: Game, *hosts: str, **annotations: str) -> dict[str, Any]:
    """The game's Ingress, for these hosts, on an HTTPS port."""
    prefix = "alb.ingress.kubernetes.io/"
    wanted = {"listen-ports": '[{"HTTPS": 443}]', **annotations}
    found = ingress(game.namespace, {prefix + name.replace("_", "-"): value for name, value in wanted.items()})
    (rule,) = found["spec"]["rules"]
    found["spec"]["rules"] = [{**rule, "host": host} for host in hosts]
    return found


def listener(game: Game) -> dict[str, Any]:
    """The HTTPS listener of the game's load balancer, empty while there is none."""
    elb, hostname = game.sandbox.aws.client("elbv2"), game.hostname()
    balancers = [b for b in elb.describe_load_balancers()["LoadBalancers"] if b["DNSName"].lower() == hostname]
    found = [x for b in balancers for x in elb.describe_listeners(LoadBalancerArn=b["LoadBalancerArn"])["Listeners"]]
    return dict(found[0]) if found else {}


def hosts(game: Game, arn: str) -> list[str]:
    rules = game.sandbox.aws.client("elbv2").describe_rules(ListenerArn=arn)["Rules"]
    conditions = [c for rule in rules for c in rule["Conditions"] if c["Field"] == "host-header"]
    return [value for condition in conditions for value in condition["HostHeaderConfig"]["Values"]]


def test_a_host_without_a_certificate_waits_and_the_other_is_served(game: Game) -> None:
    game.kube.apply(secured(game, READY, WAITING))
    game.published()
    until(lambda: game.stack_state() == "waiting", what=lambda: f"the stack to wait\n{game.elbow.report()}")

    made = listener(game)
    certificates = game.sandbox.world["certs"]
    listed = game.sandbox.aws.client("elbv2").describe_listener_certificates(ListenerArn=made["ListenerArn"])
    assert {c["CertificateArn"] for c in listed["Certificates"]} == {certificates["www"], certificates["wild"]}
    assert hosts(game, made["ListenerArn"]) == [READY]
    (warning,) = until(
        lambda: [w for w in game.warnings() if w["reason"] == "CertificateNotFound"], what="an Event about it"
    )
    assert WAITING in warning["message"]


def test_clients_are_verified_by_the_trust_store_of_that_name(game: Game) -> None:
    elb = game.sandbox.aws.client("elbv2")
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    (store,) = elb.create_trust_store(Name=game.namespace, **bundle)["TrustStores"]
    mutual = f'[{{"port": 443, "mode": "verify", "trustStore": "{game.namespace}"}}]'
    game.kube.apply(secured(game, READY, mutual_authentication=mutual))
    game.published()

    made = until(lambda: listener(game), what="a listener")

    assert made["MutualAuthentication"] == {
        "Mode": "verify",
        "TrustStoreArn": store["TrustStoreArn"],
        "IgnoreClientCertificateExpiry": False,
        "AdvertiseTrustStoreCaNames": "off",
    }


@pytest.fixture
def managing(sandbox: Sandbox, elbow: Elbow) -> Iterator[Game]:
    """The game with a planner that makes certificates; afterwards the planner is as it was, and the game is gone."""
    game = Game(sandbox=sandbox, elbow=elbow, namespace="certified")
    _restart_planner(elbow, "--feature-gates", "EnableCertificateManagement=true")
    try:
        game.deploy()
        yield game
        game.remove()
    finally:
        _restart_planner(elbow)


def _restart_planner(elbow: Elbow, *flags: str) -> None:
    elbow.processes["planner"].stop()
    elbow.flags["planner"] = flags
    elbow.start_all()
    elbow.filled()


def test_a_certificate_is_made_used_and_deleted_with_its_ingress(managing: Game) -> None:
    game, host = managing, "made.example.org"
    acm, route53 = game.sandbox.aws.client("acm"), game.sandbox.aws.client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]
    before = {c["CertificateArn"] for c in acm.list_certificates()["CertificateSummaryList"]}

    game.kube.apply(secured(game, host, create_acm_cert="true"))
    game.published()
    served = until(lambda: listener(game), what=lambda: f"a listener\n{game.elbow.report()}")

    (made,) = {c["CertificateArn"] for c in acm.list_certificates()["CertificateSummaryList"]} - before
    assert [c["CertificateArn"] for c in served["Certificates"]] == [made]
    assert hosts(game, served["ListenerArn"]) == [host]
    tags = {t["Key"]: t["Value"] for t in acm.list_tags_for_certificate(CertificateArn=made)["Tags"]}
    assert tags["ingress.k8s.aws/resource"].startswith(f"amazon_issued/{host}-")

    game.unpublish()
    assert {c["CertificateArn"] for c in acm.list_certificates()["CertificateSummaryList"]} == before
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [r["Name"] for r in records if r["Type"] == "CNAME"] == []
    route53.delete_hosted_zone(Id=zone)
