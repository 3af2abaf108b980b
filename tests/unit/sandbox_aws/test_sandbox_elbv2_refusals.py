"""What load balancing refuses or answers beside the rules of single resources: protocols, places, neighbours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox_aws.account import Account, forward, path, refused

NO_LOGIN = {"Type": "authenticate-cognito", "AuthenticateCognitoConfig": {"UserPoolArn": "a", "UserPoolClientId": "c"}}
LOGIN: dict[str, Any] = {
    "Type": "authenticate-oidc",
    "AuthenticateOidcConfig": {
        "Issuer": "https://id.example.com",
        "AuthorizationEndpoint": "https://id.example.com/authorize",
        "TokenEndpoint": "https://id.example.com/token",
        "UserInfoEndpoint": "https://id.example.com/user",
        "ClientId": "elbow",
    },
}


def login(**change: Any) -> dict[str, Any]:
    return {**LOGIN, "AuthenticateOidcConfig": {**LOGIN["AuthenticateOidcConfig"], **change}}


@pytest.mark.parametrize(
    ("balancer", "listener", "group", "expected"),
    [
        pytest.param("network", "TCP", {"Protocol": "TCP"}, "accepted", id="TCP to TCP"),
        pytest.param("network", "TCP", {"Protocol": "TCP_UDP"}, "accepted", id="TCP to both"),
        pytest.param("network", "TCP", {"Protocol": "UDP"}, "IncompatibleProtocols", id="TCP to UDP"),
        pytest.param("network", "TCP_UDP", {"Protocol": "TCP"}, "IncompatibleProtocols", id="both to TCP"),
        pytest.param("network", "UDP", {"Protocol": "TCP_UDP"}, "accepted", id="UDP to both"),
        pytest.param("network", "TCP", {"Protocol": "HTTP"}, "IncompatibleProtocols", id="flows to HTTP"),
        pytest.param("application", "HTTP", {"Protocol": "TCP"}, "IncompatibleProtocols", id="HTTP to flows"),
        pytest.param("application", "HTTP", {"Protocol": "HTTPS"}, "accepted", id="HTTP to HTTPS"),
        pytest.param(
            "application", "HTTP", {"ProtocolVersion": "HTTP2"}, "InvalidConfigurationRequest", id="plain to HTTP/2"
        ),
        pytest.param(
            "application", "HTTP", {"ProtocolVersion": "GRPC"}, "InvalidConfigurationRequest", id="plain to gRPC"
        ),
        pytest.param("application", "HTTPS", {"ProtocolVersion": "GRPC"}, "accepted", id="secure to gRPC"),
    ],
)
def test_a_listener_forwards_to_what_speaks_its_language(
    aws: Account, balancer: str, listener: str, group: dict[str, Any], expected: str
) -> None:
    wanted: dict[str, Any] = {
        "LoadBalancerArn": aws.alb(Type=balancer),
        "Protocol": listener,
        "Port": 80,
        "DefaultActions": [forward(aws.target_group(**group))],
    }
    if listener == "HTTPS":
        wanted["Certificates"] = [{"CertificateArn": aws.world.certs["www"]}]
    assert refused(aws.elb.create_listener, **wanted) == expected


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param([login(ClientSecret="s")], "InvalidLoadBalancerAction", id="nothing after the login"),
        pytest.param(
            [login(ClientSecret="s"), {"Type": "forward"}], "ValidationError", id="a forward without a target group"
        ),
        pytest.param([login(ClientSecret="s"), "web"], "accepted", id="a login and a forward"),
        pytest.param([login(), "web"], "InvalidLoadBalancerAction", id="no client secret"),
        pytest.param(
            [login(ClientSecret="s", UseExistingClientSecret=True), "web"],
            "InvalidLoadBalancerAction",
            id="a client secret and the one that stands",
        ),
        pytest.param(
            [login(ClientSecret="s", SessionTimeout=604_801), "web"], "ValidationError", id="a session of over a week"
        ),
        pytest.param([NO_LOGIN, "web"], "ValidationError", id="a login without its domain"),
        pytest.param(["web", "web"], "InvalidLoadBalancerAction", id="two ends"),
        pytest.param(
            [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "600"}}],
            "ValidationError",
            id="no status code",
        ),
        pytest.param(
            [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"}}],
            "InvalidLoadBalancerAction",
            id="an image",
        ),
        pytest.param([{"Type": "redirect"}], "InvalidLoadBalancerAction", id="a redirect to nowhere"),
    ],
)
def test_actions_are_checked(aws: Account, actions: list[Any], expected: str) -> None:
    group = aws.target_group()
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    listener = aws.listener(aws.alb(), group, Protocol="HTTPS", Port=443, Certificates=certificate)
    wanted = [forward(group) if action == "web" else action for action in actions]
    rule = {"ListenerArn": listener, "Priority": 1, "Conditions": [path("/a")]}
    assert refused(aws.elb.create_rule, Actions=wanted, **rule) == expected


def test_logins_need_a_secure_listener(aws: Account) -> None:
    group = aws.target_group()
    rule = {"ListenerArn": aws.listener(aws.alb(), group), "Priority": 1, "Conditions": [path("/a")]}
    actions = [login(ClientSecret="s"), forward(group)]
    assert refused(aws.elb.create_rule, Actions=actions, **rule) == "InvalidLoadBalancerAction"


def test_a_client_secret_is_never_told(aws: Account) -> None:
    group = aws.target_group()
    certificate = [{"CertificateArn": aws.world.certs["www"]}]
    actions = [login(ClientSecret="hush"), forward(group)]
    aws.listener(aws.alb(), group, Protocol="HTTPS", Port=443, Certificates=certificate, DefaultActions=actions)
    arn = aws.elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    (found,) = aws.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    assert found["DefaultActions"][0] == {**LOGIN, "Order": 1}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param([1, 999], "accepted", id="in range"),
        pytest.param([0, 0], "accepted", id="nobody gets anything"),
        pytest.param([1, 1000], "ValidationError", id="too heavy"),
        pytest.param([None, 1], "ValidationError", id="no weight among several"),
        pytest.param([None], "accepted", id="no weight alone"),
    ],
)
def test_weights_are_checked(aws: Account, weights: list[int | None], expected: str) -> None:
    groups = [
        {"TargetGroupArn": aws.target_group(f"g-{n}"), **({} if weight is None else {"Weight": weight})}
        for n, weight in enumerate(weights)
    ]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    rule = {"ListenerArn": aws.listener(aws.alb(), aws.target_group()), "Priority": 1, "Conditions": [path("/a")]}
    assert refused(aws.elb.create_rule, Actions=actions, **rule) == expected


def test_another_vpc_is_another_place(aws: Account) -> None:
    vpc = aws.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24", AvailabilityZone="us-west-2a")
    elsewhere = subnet["Subnet"]["SubnetId"]
    group = aws.target_group("elsewhere", VpcId=vpc)
    balancer = aws.alb()
    wanted = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(group)]}
    assert refused(aws.elb.create_listener, **wanted) == "InvalidConfigurationRequest"
    both = [elsewhere, *aws.subnets("public-b")]
    assert refused(aws.elb.create_load_balancer, Name="both", Subnets=both) == "InvalidConfigurationRequest"
    public = {"Name": "public", "Type": "network", "Subnets": [elsewhere]}
    assert refused(aws.elb.create_load_balancer, **public) == "InvalidSubnet"
    assert refused(aws.elb.create_load_balancer, Scheme="internal", **public) == "accepted"
    moved = aws.nlb("moved", Scheme="internal")
    assert refused(aws.elb.set_subnets, LoadBalancerArn=moved, Subnets=[elsewhere]) == "InvalidConfigurationRequest"
    unknown = {"VpcId": "vpc-0", "Protocol": "HTTP", "Port": 80}
    assert refused(aws.elb.create_target_group, Name="nowhere", **unknown) == "ValidationError"


def test_a_network_load_balancer_shows_the_addresses_that_it_was_given(aws: Account) -> None:
    address = aws.ec2.allocate_address(Domain="vpc")
    given = {"SubnetId": aws.world.subnets["public-a"], "AllocationId": address["AllocationId"]}
    public = aws.create_alb("public", Type="network", Subnets=[], SubnetMappings=[given])
    shown = {"IpAddress": address["PublicIp"], "AllocationId": address["AllocationId"]}
    assert [zone["LoadBalancerAddresses"] for zone in public["AvailabilityZones"]] == [[shown]]
    chosen = {"SubnetId": aws.world.subnets["private-a"], "PrivateIPv4Address": "10.0.100.200"}
    inside = {"Type": "network", "Scheme": "internal", "Subnets": [], "SubnetMappings": [chosen]}
    private = aws.create_alb("private", **inside)
    assert [zone["LoadBalancerAddresses"] for zone in private["AvailabilityZones"]] == [
        [{"PrivateIPv4Address": "10.0.100.200"}]
    ]
    assert refused(aws.create_alb, name="second", **inside) == "InvalidConfigurationRequest"
    aws.elb.delete_load_balancer(LoadBalancerArn=private["LoadBalancerArn"])
    assert refused(aws.create_alb, name="second", **inside) == "accepted"


def test_the_address_of_a_load_balancer_is_no_target(aws: Account) -> None:
    chosen = {"SubnetId": aws.world.subnets["private-a"], "PrivateIPv4Address": "10.0.100.201"}
    aws.create_alb("flow", Type="network", Scheme="internal", Subnets=[], SubnetMappings=[chosen])
    group = aws.target_group()
    aws.listener(aws.alb(), group)
    aws.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.100.201"}])
    (found,) = aws.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert (found["TargetHealth"]["State"], found["TargetHealth"]["Reason"]) == ("unused", "Target.IpUnusable")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"Protocol": "HTTPS"}, ("HTTP", "/", {"HttpCode": "200"}, 5, 30), id="HTTPS is checked over HTTP"),
        pytest.param(
            {"ProtocolVersion": "GRPC"}, ("HTTP", "/AWS.ALB/healthcheck", {"GrpcCode": "12"}, 5, 30), id="gRPC"
        ),
        pytest.param({"Protocol": "TCP"}, ("TCP", None, None, 10, 30), id="TCP"),
        pytest.param({"Protocol": "UDP"}, ("TCP", None, None, 10, 30), id="UDP is checked over TCP"),
        pytest.param(
            {"Protocol": "TCP", "HealthCheckProtocol": "HTTP"},
            ("HTTP", "/", {"HttpCode": "200-399"}, 6, 30),
            id="TCP that is checked over HTTP",
        ),
        pytest.param(
            {"Protocol": "TCP", "TargetType": "alb"},
            ("HTTP", "/", {"HttpCode": "200-399"}, 6, 30),
            id="a load balancer behind another",
        ),
    ],
)
def test_health_checks_have_the_defaults_of_their_kind(
    aws: Account, settings: dict[str, str], expected: tuple[Any, ...]
) -> None:
    arn = aws.target_group(**settings)
    (found,) = aws.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    check = [found.get(f"HealthCheck{name}") for name in ("Protocol", "Path")]
    times = [found[f"HealthCheck{name}Seconds"] for name in ("Timeout", "Interval")]
    assert (*check, found.get("Matcher"), *times) == expected
    assert (found["HealthyThresholdCount"], found["UnhealthyThresholdCount"]) == (5, 2)


@pytest.mark.parametrize(
    ("group", "change", "expected"),
    [
        pytest.param({}, {"Matcher": {"HttpCode": "200,300-499"}}, "accepted", id="codes and ranges"),
        pytest.param({}, {"Matcher": {"HttpCode": "200-500"}}, "ValidationError", id="a code that is no success"),
        pytest.param({}, {"Matcher": {"HttpCode": "ok"}}, "ValidationError", id="no code"),
        pytest.param({}, {"Matcher": {"GrpcCode": "0"}}, "InvalidConfigurationRequest", id="a code of gRPC"),
        pytest.param({}, {"HealthCheckPath": "ready"}, "ValidationError", id="no absolute path"),
        pytest.param({}, {"HealthCheckProtocol": "TCP"}, "ValidationError", id="HTTP checked over TCP"),
        pytest.param({}, {"HealthCheckEnabled": False}, "InvalidConfigurationRequest", id="no check at all"),
        pytest.param({"Protocol": "TCP"}, {"HealthCheckPath": "/"}, "InvalidConfigurationRequest", id="a path of TCP"),
        pytest.param({"Protocol": "TCP"}, {"HealthCheckProtocol": "UDP"}, "ValidationError", id="checked over UDP"),
        pytest.param(
            {"Protocol": "TCP"}, {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/up"}, "accepted", id="now by HTTP"
        ),
    ],
)
def test_health_checks_are_checked(aws: Account, group: dict[str, str], change: dict[str, Any], expected: str) -> None:
    arn = aws.target_group(**group)
    assert refused(aws.elb.modify_target_group, TargetGroupArn=arn, **change) == expected


def test_a_certificate_knows_who_uses_it_and_stays_as_long(aws: Account) -> None:
    arn = aws.acm.request_certificate(DomainName="used.example.com", ValidationMethod="DNS")["CertificateArn"]
    balancer, group = aws.alb(), aws.target_group()

    def users() -> list[str]:
        found = aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]
        return list(found)

    listener = aws.listener(balancer, group, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": arn}])
    assert users() == [balancer]
    assert refused(aws.acm.delete_certificate, CertificateArn=arn) == "ResourceInUseException"
    aws.elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": aws.world.certs["www"]}])
    assert users() == []
    aws.elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": arn}])
    assert users() == [balancer]
    aws.elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert refused(aws.acm.delete_certificate, CertificateArn=arn) == "accepted"


def test_the_tagging_api_changes_tags_of_load_balancing(aws: Account) -> None:
    arn = aws.alb()
    aws.tagging.tag_resources(ResourceARNList=[arn], Tags={"team": "web", "tier": "front"})
    assert aws.tags_of(arn) == {"team": "web", "tier": "front"}
    aws.tagging.untag_resources(ResourceARNList=[arn], TagKeys=["tier"])
    assert aws.tags_of(arn) == {"team": "web"}


def test_security_policies_are_found_by_name(aws: Account) -> None:
    name = "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04"
    (found,) = aws.elb.describe_ssl_policies(Names=[name])["SslPolicies"]
    assert (found["Name"], found["SslProtocols"]) == (name, ["TLSv1.3", "TLSv1.2"])
    assert refused(aws.elb.describe_ssl_policies, Names=["ELBSecurityPolicy-2038-01"]) == "SSLPolicyNotFound"
    pages = aws.elb.get_paginator("describe_ssl_policies").paginate(PaginationConfig={"PageSize": 10})
    names = [one["Name"] for page in pages for one in page["SslPolicies"]]
    assert len(names) == len(set(names)) > 30


def test_revocations_of_a_trust_store_come_and_go(aws: Account) -> None:
    bundle = {"CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k"}
    arn = aws.elb.create_trust_store(Name="clients", **bundle)["TrustStores"][0]["TrustStoreArn"]
    contents = [{"S3Bucket": "b", "S3Key": key} for key in ("one", "two")]
    aws.elb.add_trust_store_revocations(TrustStoreArn=arn, RevocationContents=contents)
    assert aws.elb.describe_trust_stores()["TrustStores"][0]["TotalRevokedEntries"] == 2
    aws.elb.remove_trust_store_revocations(TrustStoreArn=arn, RevocationIds=[1])
    left = aws.elb.describe_trust_store_revocations(TrustStoreArn=arn)["TrustStoreRevocations"]
    assert [one["RevocationId"] for one in left] == [2]
    gone = {"TrustStoreArn": arn, "RevocationIds": [1]}
    assert refused(aws.elb.remove_trust_store_revocations, **gone) == "RevocationIdNotFound"
    assert refused(aws.elb.get_resource_policy, ResourceArn=arn) == "ResourceNotFound"


def test_every_operation_of_the_model_is_answered_or_said_to_be_missing(aws: Account) -> None:
    """With nothing in it, a call is refused for its parameters, or answered; never is it an error of the sandbox."""
    model = aws.elb.meta.service_model
    codes = {name: refused(getattr(aws.elb, method)) for method, name in aws.elb.meta.method_to_api_mapping.items()}
    assert codes.keys() == set(model.operation_names)
    missing = {name for name, code in codes.items() if code == "NotImplemented"}
    assert missing == {
        "DeleteSharedTrustStoreAssociation",
        "GetTrustStoreCaCertificatesBundle",
        "GetTrustStoreRevocationContent",
    }
    assert set(codes.values()) == {"accepted", "ValidationError", "NotImplemented"}
