"""What an answer of the sandbox's load balancing costs, against moto's of the same call."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sandbox.aws import AwsServer
from sandbox.aws.requests import decode
from tests.bench.timing import Table, seconds

pytestmark = pytest.mark.bench

REGION = "us-west-2"
BALANCERS = 400
SMALL_SHARE = 1 / 5
PAGE_SHARE = 1 / 10
_SCOPE = f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/elasticloadbalancing/aws4_request, Signature=none"

Ask = Callable[[str, Mapping[str, str]], bytes]
"""Sends an operation with its parameters and gives the body of the answer, in this process."""


def _request(operation: str, parameters: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
    body = urlencode({"Action": operation, "Version": "2015-12-01", **parameters}).encode()
    builder = EnvironBuilder(
        method="POST",
        base_url="http://elasticloadbalancing.us-west-2.amazonaws.com/",
        headers={"Authorization": _SCOPE},
        content_type="application/x-www-form-urlencoded",
        data=body,
    )
    return builder.get_environ(), body


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Ask, str]]:
    """The sandbox, and a load balancer of many."""
    server = AwsServer()
    world = server.start()

    def ask(operation: str, parameters: Mapping[str, str]) -> bytes:
        environ, body = _request(operation, parameters)
        answer = server.elbv2.answer(decode(environ, body))
        assert answer is not None
        assert answer.error_code is None
        return answer.body

    subnets = {f"Subnets.member.{n}": world.subnets[f"public-{zone}"] for n, zone in enumerate("ab", 1)}
    for number in range(BALANCERS):
        ask("CreateLoadBalancer", {"Name": f"lb-{number}", **subnets})
    yield ask, next(iter(server.elbv2.main.load_balancers))
    server.stop()


@pytest.fixture(scope="module")
def moto(own: tuple[Ask, str]) -> Iterator[tuple[Ask, str]]:
    """moto in the same process, which a patch of the sandbox makes cheaper to reach, and a load balancer of as many."""
    application = DomainDispatcherApplication(create_backend_app)

    def ask(operation: str, parameters: Mapping[str, str]) -> bytes:
        environ, _ = _request(operation, parameters)
        chunks, status, _ = run_wsgi_app(application, environ, buffered=True)
        assert status.startswith("200")
        return b"".join(chunks)

    ec2, elbv2 = (backends[DEFAULT_ACCOUNT_ID][REGION] for backends in (ec2_backends, elbv2_backends))
    vpc = ec2.create_vpc("10.9.0.0/16")
    subnets = [ec2.create_subnet(vpc.id, f"10.9.{n}.0/24", f"{REGION}{zone}").id for n, zone in enumerate("ab")]
    for number in range(BALANCERS):
        elbv2.create_load_balancer(name=f"lb-{number}", security_groups=[], subnet_ids=subnets)
    yield ask, next(iter(elbv2.load_balancers))
    BackendDict.reset()


@pytest.mark.parametrize(
    ("title", "of_one", "share"),
    [
        pytest.param("one load balancer of 400", True, SMALL_SHARE, id="a small Describe"),
        pytest.param("a page of 400 load balancers", False, PAGE_SHARE, id="a page of 400 load balancers"),
    ],
)
def test_an_answer_costs_a_small_part_of_motos(
    own: tuple[Ask, str], moto: tuple[Ask, str], measured: Table, title: str, of_one: bool, share: float
) -> None:
    spent = {}
    for name, (ask, arn) in (("own", own), ("moto", moto)):
        parameters = {"LoadBalancerArns.member.1": arn} if of_one else {"PageSize": str(BALANCERS)}
        assert ask("DescribeLoadBalancers", parameters).count(b"<DNSName>") == (1 if of_one else BALANCERS)
        spent[name] = seconds(partial(ask, "DescribeLoadBalancers", parameters))
    ratio = spent["own"] / spent["moto"]
    measured.add(f"describe {title}", spent["own"], f"{ratio:.3f} of moto's {spent['moto'] * 1_000:.2f} ms")
    assert ratio <= share
