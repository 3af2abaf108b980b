"""Names of AWS resources, by the worked examples of naming and tags, section 9."""

import pytest

from services.planner.core import naming
from services.planner.core.keys import StackKey, StackKind


def _key(namespace: str, name: str, kind: StackKind = StackKind.INGRESS) -> StackKey:
    return StackKey(kind=kind, namespace=namespace, name=name)


SERVICE = _key("default", "nlb-ip-svc-tls", StackKind.SERVICE)
SERVICE_UID = "bdca2bd0-bfc6-449a-88a3-03451f05f18c"
TARGET = _key("default", "default-ip-target", StackKind.SERVICE)
TARGET_UID = "7ab4be33-11c2-4a7b-b622-7add8affab36"


@pytest.mark.parametrize(
    ("cluster", "key", "scheme", "expected"),
    [
        pytest.param(
            "", _key("awesome-ns", "ing-1"), "internet-facing", "k8s-awesomen-ing1-43b698093c", id="example 1"
        ),
        pytest.param("", _key("", "explicit-group"), "internal", "k8s-explicitgroup-5bf9e53c23", id="example 2"),
        pytest.param("cluster-dummy", _key("ns-1", "ing-1"), "internal", "k8s-ns1-ing1-b7e914000d", id="example 3"),
        pytest.param(
            "cluster-dummy", _key("ns-1", "ing-1"), "internet-facing", "k8s-ns1-ing1-159dd7a143", id="example 4"
        ),
    ],
)
def test_load_balancers_of_ingress_groups(cluster: str, key: StackKey, scheme: str, expected: str) -> None:
    assert naming.load_balancer_name(cluster=cluster, key=key, scheme=scheme) == expected


def test_the_managed_group_of_an_ingress_is_example_5() -> None:
    name = naming.managed_group_name(cluster="cluster-dummy", key=_key("ns-1", "ing-1"))

    assert name == "k8s-ns1-ing1-bd83176788"


_SIX = {
    "cluster": "",
    "key": _key("", ""),
    "ingress_namespace": "ns-1",
    "ingress_name": "name-1",
    "service_namespace": "ns-1",
    "service_name": "name-1",
    "service_uid": "my-uuid",
    "service_port": "http",
    "port": 8080,
    "target_type": "ip",
    "protocol": "HTTP",
    "protocol_version": "HTTP1",
}
_TWELVE = {
    "cluster": "cluster-dummy",
    "key": _key("ns-1", "ing-1"),
    "ingress_namespace": "ns-1",
    "ingress_name": "ing-1",
    "service_namespace": "ns-1",
    "service_name": "svc-1",
    "service_uid": "",
    "service_port": "http",
    "port": 32768,
    "target_type": "instance",
    "protocol": "HTTP",
    "protocol_version": "HTTP1",
}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param(_SIX, "k8s-ns1-name1-2c37289a00", id="example 6"),
        pytest.param({**_SIX, "service_port": 80}, "k8s-ns1-name1-ab859e54b5", id="example 7: port by number"),
        pytest.param({**_SIX, "port": 9090}, "k8s-ns1-name1-6481032048", id="example 8: another target port"),
        pytest.param({**_SIX, "target_type": "instance"}, "k8s-ns1-name1-f4adfdc175", id="example 9: instance targets"),
        pytest.param({**_SIX, "protocol": "HTTPS"}, "k8s-ns1-name1-22fbce26a7", id="example 10: HTTPS"),
        pytest.param(_TWELVE, "k8s-ns1-svc1-9889425938", id="example 12"),
        pytest.param({**_TWELVE, "service_name": "svc-2"}, "k8s-ns1-svc2-9889425938", id="example 13: same hash"),
        pytest.param(
            {
                **_TWELVE,
                "service_name": "svc-3",
                "service_port": "https",
                "port": 8443,
                "target_type": "ip",
                "protocol": "HTTPS",
            },
            "k8s-ns1-svc3-bf42870fba",
            id="example 14",
        ),
    ],
)
def test_target_groups_of_ingresses(inputs: dict[str, object], expected: str) -> None:
    assert naming.target_group_name(**inputs) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cluster", "key", "uid", "scheme", "expected"),
    [
        pytest.param(
            "my-cluster", SERVICE, SERVICE_UID, "internal", "k8s-default-nlbipsvc-6b0ba8ff70", id="example 15"
        ),
        pytest.param(
            "", _key("foo", "bar", StackKind.SERVICE), "", "internet-facing", "k8s-foo-bar-e053368fb2", id="example 18"
        ),
        pytest.param("my-cluster", TARGET, TARGET_UID, "internal", "k8s-default-defaulti-b44ef5a42d", id="example 19"),
    ],
)
def test_load_balancers_of_services(cluster: str, key: StackKey, uid: str, scheme: str, expected: str) -> None:
    assert naming.service_load_balancer_name(cluster=cluster, key=key, uid=uid, scheme=scheme) == expected


@pytest.mark.parametrize(
    ("key", "uid", "expected"),
    [
        pytest.param(SERVICE, SERVICE_UID, "k8s-default-nlbipsvc-d4818dcd51", id="example 16"),
        pytest.param(TARGET, TARGET_UID, "k8s-default-defaulti-cc40ce9c73", id="example 19"),
    ],
)
def test_target_groups_of_services(key: StackKey, uid: str, expected: str) -> None:
    name = naming.service_target_group_name(
        cluster="my-cluster",
        service_namespace=key.namespace,
        service_name=key.name,
        service_uid=uid,
        port=80,
        service_port=80,
        target_type="ip",
        protocol="TCP",
        health_check_protocol="TCP",
        health_check_interval_seconds=10,
    )

    assert name == expected


def test_the_managed_group_of_a_service_is_example_17() -> None:
    name = naming.service_managed_group_name(cluster="my-cluster", key=SERVICE, uid=SERVICE_UID)

    assert name == "k8s-default-nlbipsvc-1da4b78715"


def test_the_shared_group_is_example_20() -> None:
    assert naming.shared_group_name("testCluster") == "k8s-traffic-testCluster-411a1bcdb1"


def test_one_more_input_gives_another_name_of_the_same_form() -> None:
    plain = naming.target_group_name(**_SIX)  # type: ignore[arg-type]
    other = naming.target_group_name(**_SIX, extra="k8s-new-lb")  # type: ignore[arg-type]

    assert plain != other
    assert plain.rsplit("-", 1)[0] == other.rsplit("-", 1)[0]
