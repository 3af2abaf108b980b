"""The operation table against AWS's own service models."""

import botocore.session
import pytest
from botocore.model import ServiceModel

from services.executor.core.operations import IAM_PREFIXES, OPERATIONS, Category, Operation, Ownership

EVERY = [pytest.param(row, id=f"{row.service} {row.name}") for row in OPERATIONS.values()]
WRITES = [pytest.param(row, id=f"{row.service} {row.name}") for row in OPERATIONS.values() if row.mutating]


@pytest.fixture(scope="module")
def models() -> dict[str, ServiceModel]:
    session = botocore.session.get_session()
    return {service: session.get_service_model(service) for service in IAM_PREFIXES}


@pytest.mark.parametrize("row", EVERY)
def test_aws_knows_the_operation(row: Operation, models: dict[str, ServiceModel]) -> None:
    assert row.name in models[row.service].operation_names


@pytest.mark.parametrize("row", WRITES)
def test_what_ownership_is_checked_of_is_a_parameter(row: Operation, models: dict[str, ServiceModel]) -> None:
    members = models[row.service].operation_model(row.name).input_shape.members
    assert row.subject.partition("[")[0] in members


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=row.name) for row in OPERATIONS.values() if row.ownership is Ownership.TAGGED_CREATE],
)
def test_what_a_create_makes_is_in_its_answer(row: Operation, models: dict[str, ServiceModel]) -> None:
    members = models[row.service].operation_model(row.name).output_shape.members
    assert row.creates.partition("[")[0] in members


def test_reads_are_what_describes_and_nothing_else_is() -> None:
    reads = {row.name for row in OPERATIONS.values() if not row.mutating}
    assert {name for _, name in OPERATIONS if name.startswith(("Describe", "Get", "List"))} == reads - {"AssumeRole"}


def test_what_must_not_be_sent_twice() -> None:
    assert {row.name for row in OPERATIONS.values() if not row.idempotent} == {
        "AuthorizeSecurityGroupIngress",
        "CreateRule",
        "CreateSecurityGroup",
        "RevokeSecurityGroupIngress",
    }


def test_what_shares_the_buckets_that_are_not_for_mutations_at_large() -> None:
    def names(category: Category) -> set[str]:
        return {row.name for row in OPERATIONS.values() if row.category is category}

    assert names(Category.ELB_CREATE) == {"CreateLoadBalancer", "SetSubnets"}
    assert names(Category.ELB_REGISTRATION) == {"RegisterTargets", "DeregisterTargets"}
    assert names(Category.EC2_RULES) == {"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"}
    assert names(Category.TAGGING_READ) == {"GetResources"}
