from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, refused


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "accepted", id="the same call again gives the standing listener"),
        pytest.param({"Tags": [{"Key": "a", "Value": "b"}]}, "accepted", id="tags are no setting"),
        pytest.param({"Protocol": "HTTPS"}, "DuplicateListener", id="another protocol on the port"),
        pytest.param(
            {"DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]},
            "DuplicateListener",
            id="another action on the port",
        ),
    ],
)
def test_create_is_idempotent(aws: Account, change: dict[str, Any], expected: str) -> None:
    balancer, group = aws.alb(), aws.target_group()
    arn = aws.listener(balancer, group)
    wanted = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": [forward(group)],
        "Certificates": [{"CertificateArn": aws.world.certs["www"]}],
        **change,
    }
    assert refused(aws.elb.create_listener, **wanted) == expected
    assert [one["ListenerArn"] for one in aws.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]] == [arn]


def test_both_forms_of_a_forward_are_the_same(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    arn = aws.listener(balancer, group)
    config = {"TargetGroups": [{"TargetGroupArn": group}]}
    again = aws.listener(balancer, group, DefaultActions=[{"Type": "forward", "Order": 1, "ForwardConfig": config}])
    assert again == arn


def test_a_plain_listener_has_no_policy_and_a_secure_one_has_the_default(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    aws.listener(balancer, group)
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    aws.listener(balancer, group, Protocol="HTTPS", Port=443, Certificates=certificate)
    listeners = aws.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    assert [(one["Port"], one.get("SslPolicy"), one.get("Certificates", [])) for one in listeners] == [
        (80, None, []),
        (443, "ELBSecurityPolicy-2016-08", certificate),
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"Protocol": "HTTPS"}, "ValidationError", id="secure without a certificate"),
        pytest.param(
            {
                "Protocol": "HTTPS",
                "Certificates": [{"CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/0"}],
            },
            "CertificateNotFound",
            id="an unknown certificate",
        ),
        pytest.param({"Protocol": "HTTPS", "SslPolicy": "strong"}, "SSLPolicyNotFound", id="an unknown policy"),
        pytest.param({"Protocol": "TCP"}, "ValidationError", id="a protocol of the other type"),
        pytest.param({"Port": 70_000}, "ValidationError", id="no port"),
        pytest.param({"DefaultActions": [forward("arn:none")]}, "TargetGroupNotFound", id="no such target group"),
    ],
)
def test_create_checks_its_settings(aws: Account, settings: dict[str, Any], expected: str) -> None:
    balancer, group = aws.alb(), aws.target_group()
    wanted = {"Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(group)], **settings}
    assert refused(aws.elb.create_listener, LoadBalancerArn=balancer, **wanted) == expected
    assert aws.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"] == []


def test_modify_moves_a_listener_and_drops_what_plain_ones_lack(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    arn = aws.listener(balancer, group, Protocol="HTTPS", Port=443, Certificates=certificate)
    kept = aws.elb.modify_listener(ListenerArn=arn, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")["Listeners"][0]
    assert (kept["SslPolicy"], kept["Certificates"]) == ("ELBSecurityPolicy-TLS13-1-2-2021-06", certificate)
    plain = aws.elb.modify_listener(ListenerArn=arn, Port=8080, Protocol="HTTP")["Listeners"][0]
    assert (plain["Port"], plain["Protocol"], plain.get("SslPolicy"), plain.get("Certificates", [])) == (
        8080,
        "HTTP",
        None,
        [],
    )


def test_modify_to_a_taken_port_changes_nothing(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    aws.listener(balancer, group, Port=80)
    arn = aws.listener(balancer, group, Port=81)
    assert refused(aws.elb.modify_listener, ListenerArn=arn, Port=80) == "DuplicateListener"
    assert aws.elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]["Port"] == 81


def test_a_network_listener_changes_its_protocol_and_alpn(aws: Account) -> None:
    group = aws.target_group("flow", Protocol="TCP")
    arn = aws.listener(aws.nlb(), group, Protocol="TCP", Port=443)
    changed = aws.elb.modify_listener(
        ListenerArn=arn,
        Protocol="TLS",
        Certificates=[{"CertificateArn": aws.world.certs["www"]}],
        AlpnPolicy=["HTTP2Preferred"],
    )["Listeners"][0]
    assert (changed["Protocol"], changed["AlpnPolicy"]) == ("TLS", ["HTTP2Preferred"])


def test_mutual_authentication_is_kept(aws: Account) -> None:
    mode = {"Mode": "passthrough"}
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    balancer, group = aws.alb(), aws.target_group()
    aws.listener(balancer, group, Protocol="HTTPS", Port=443, Certificates=certificate, MutualAuthentication=mode)
    found = aws.elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]
    assert found["MutualAuthentication"] == mode


def test_describe_is_paged_and_refuses_what_is_missing(aws: Account) -> None:
    balancer, group = aws.alb(), aws.target_group()
    arns = [aws.listener(balancer, group, Port=port) for port in (80, 81, 82)]
    pages = aws.elb.get_paginator("describe_listeners").paginate(
        LoadBalancerArn=balancer, PaginationConfig={"PageSize": 2}
    )
    assert [[one["ListenerArn"] for one in page["Listeners"]] for page in pages] == [arns[:2], arns[2:]]
    assert refused(aws.elb.describe_listeners, ListenerArns=[arns[0], f"{arns[0]}0"]) == "ListenerNotFound"
    assert refused(aws.elb.describe_listeners, LoadBalancerArn=f"{balancer}0") == "LoadBalancerNotFound"
    assert refused(aws.elb.delete_listener, ListenerArn=f"{arns[0]}0") == "ListenerNotFound"


def test_certificates_are_a_set_beside_the_default(aws: Account) -> None:
    www, shop = aws.world.certs["www"], aws.world.certs["shop"]
    balancer, group = aws.alb(), aws.target_group()
    arn = aws.listener(balancer, group, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": www}])
    for _ in range(2):
        aws.elb.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": shop}])
    default = {"CertificateArn": www, "IsDefault": True}
    describe = aws.elb.describe_listener_certificates
    assert describe(ListenerArn=arn)["Certificates"] == [default, {"CertificateArn": shop, "IsDefault": False}]
    remove = aws.elb.remove_listener_certificates
    assert refused(remove, ListenerArn=arn, Certificates=[{"CertificateArn": www}]) == "OperationNotPermitted"
    remove(ListenerArn=arn, Certificates=[{"CertificateArn": shop}])
    assert describe(ListenerArn=arn)["Certificates"] == [default]


def test_a_requested_certificate_is_issued(aws: Account) -> None:
    arn = aws.acm.request_certificate(DomainName="new.example.com", ValidationMethod="DNS")["CertificateArn"]
    assert aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"Mode": "passthrough"}, "accepted", id="clients are passed through"),
        pytest.param({"Mode": "on"}, "ValidationError", id="no mode"),
        pytest.param({"Mode": "verify"}, "ValidationError", id="nobody knows the clients"),
        pytest.param({"Mode": "verify", "TrustStoreArn": "arn:none"}, "TrustStoreNotFound", id="an unknown store"),
    ],
)
def test_mutual_authentication_is_checked(aws: Account, settings: dict[str, Any], expected: str) -> None:
    wanted = {
        "LoadBalancerArn": aws.alb(),
        "Protocol": "HTTPS",
        "Port": 443,
        "DefaultActions": [forward(aws.target_group())],
        "Certificates": [{"CertificateArn": aws.world.certs["www"]}],
        "MutualAuthentication": settings,
    }
    assert refused(aws.elb.create_listener, **wanted) == expected


def test_a_trust_store_is_found_by_name_and_stays_while_a_listener_names_it(aws: Account) -> None:
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    (store,) = aws.elb.create_trust_store(Name="clients", **bundle)["TrustStores"]
    mode = {"Mode": "verify", "TrustStoreArn": store["TrustStoreArn"]}
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    arn = aws.listener(
        aws.alb(), aws.target_group(), Protocol="HTTPS", Port=443, Certificates=certificate, MutualAuthentication=mode
    )

    assert refused(aws.elb.create_trust_store, Name="clients", **bundle) == "DuplicateTrustStoreName"
    assert aws.elb.describe_trust_stores(Names=["clients"])["TrustStores"] == [store]
    assert refused(aws.elb.describe_trust_stores, Names=["clients", "others"]) == "TrustStoreNotFound"
    assert refused(aws.elb.delete_trust_store, TrustStoreArn=store["TrustStoreArn"]) == "TrustStoreInUse"
    aws.elb.delete_listener(ListenerArn=arn)
    aws.elb.delete_trust_store(TrustStoreArn=store["TrustStoreArn"])
    assert aws.elb.describe_trust_stores()["TrustStores"] == []


def test_the_listing_of_certificates_names_their_hosts_and_leaves_long_keys_out(aws: Account) -> None:
    listed = aws.acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]

    by_arn = {one["CertificateArn"]: one for one in listed}
    shop = by_arn[aws.world.certs["shop"]]
    assert sorted(shop["SubjectAlternativeNameSummaries"]) == ["api.shop.example.org", "shop.example.org"]
    assert shop["HasAdditionalSubjectAlternativeNames"] is False
    assert aws.acm.list_certificates(Includes={"keyTypes": ["RSA_4096"]})["CertificateSummaryList"] == []
