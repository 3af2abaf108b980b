"""Certificates that are made for an Ingress: asked for, validated, used once they are issued, followed, deleted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.planner.core.aws import Certificate, HostedZone, Inventory, Listener, ValidationRecord
from services.planner.core.build import Built, build_stack
from services.planner.core.diff.acm import delete_created, diff_created_certificates
from services.planner.core.draft import Draft
from services.planner.core.fold import fold
from services.planner.core.gates import Gate
from services.planner.core.inputs import StackInput
from services.planner.core.objects import IngressRule
from services.planner.core.outcomes import Lookup, LookupKind, Needs
from services.planner.core.plans import AwsCall
from services.planner.core.problems import Reason
from services.planner.core.updates import apply
from tests.unit.planner_core.build_inputs import CLUSTER, PREFIX, ingress, inventory, path, problems, stack_input

MANAGING = replace(CLUSTER, gates=CLUSTER.gates | {Gate.CERTIFICATE_MANAGEMENT})
ZONE = HostedZone(id="Z1", name="example.com", private=False)
NEW = "arn:aws:acm:us-west-2:123456789012:certificate/new"
OLD = "arn:aws:acm:us-west-2:123456789012:certificate/old"
# The first eight digits of the SHA-256 of shop/web.
RESOURCE = "amazon_issued/www.example.com-97375646"


def asking(*hosts: str, known: Mapping[str, Any] | None = None, **annotations: str) -> StackInput:
    """An Ingress for these hosts that asks for a certificate; `known`: of the inventory."""
    rules = tuple(IngressRule(host=h, paths=(path(),)) for h in hosts)
    given = {"create-acm-cert": "true", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    account = inventory()
    knowledge = replace(account.knowledge, managed_certificates=True, hosted_zones=True)
    found = replace(account, knowledge=knowledge, hosted_zones={"Z1": ZONE}, **(known or {}))
    return stack_input(ingress(given, rules=rules), cluster=MANAGING, inventory=found)


def outcome(inp: StackInput) -> Built:
    found = build_stack(inp)
    assert isinstance(found, Built), found
    return found


def made(arn: str = NEW, *names: str, inp: StackInput | None = None, **fields: Any) -> Certificate:
    """A certificate that the stack asked for."""
    (wanted,) = outcome(inp or asking("www.example.com")).desired.certificates
    return Certificate(
        **{"arn": arn, "issued": True, "private": False, "names": names or wanted.names, "tags": wanted.tags, **fields}
    )


def holding(inp: StackInput, *certificates: Certificate, **fields: Any) -> StackInput:
    """The same input in an account with these certificates, whose state was read just now."""
    arns = frozenset(c.arn for c in certificates)
    knowledge = replace(inp.inventory.knowledge, certificate_details=arns)
    known = replace(inp.inventory, certificates={c.arn: c for c in certificates}, knowledge=knowledge, **fields)
    return replace(inp, inventory=known)


def calls(inp: StackInput) -> list[AwsCall]:
    draft = Draft()
    diff_created_certificates(draft, inp, outcome(inp).desired.certificates, asked_by="")
    return [s.work for s in draft.plan(inp.key).steps if isinstance(s.work, AwsCall)]


def test_a_certificate_is_asked_for_with_its_names_tags_and_a_token() -> None:
    inp = asking("www.example.com", "*.example.com", tags="team=a")

    found = outcome(inp)
    (call,) = calls(inp)

    assert call.operation == "RequestCertificate"
    assert call.parameters["DomainName"] == "*.example.com"
    assert call.parameters["SubjectAlternativeNames"] == ["*.example.com", "www.example.com"]
    assert (call.parameters["ValidationMethod"], len(call.parameters["IdempotencyToken"])) == ("DNS", 32)
    tags = {t["Key"]: t["Value"] for t in call.parameters["Tags"]}
    assert tags["ingress.k8s.aws/resource"].startswith("amazon_issued/wildcard.example.com-")
    assert tags["team"] == "a"
    # There is nothing to listen with yet.
    assert found.desired.listeners == ()
    assert found.again_seconds == 15.0


def test_a_private_authority_signs_without_a_zone() -> None:
    authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/1"
    inp = asking("www.internal.test", acm_pca_arn=authority)

    (call,) = calls(inp)

    assert call.parameters["CertificateAuthorityArn"] == authority
    (wanted,) = outcome(inp).desired.certificates
    assert wanted.resource_id.startswith("private/www.internal.test-")


def test_what_a_controller_made_and_the_zones_are_asked_first() -> None:
    inp = asking("www.example.com")
    unread = replace(inp.inventory.knowledge, managed_certificates=False, hosted_zones=False)

    assert build_stack(replace(inp, inventory=replace(inp.inventory, knowledge=unread))) == Needs(
        lookups=(Lookup(kind=LookupKind.HOSTED_ZONES), Lookup(kind=LookupKind.MANAGED_CERTIFICATES))
    )


def test_without_a_public_zone_nothing_is_asked_of_acm() -> None:
    inp = asking("www.example.org")

    found = outcome(inp)

    assert calls(inp) == []
    assert [(w.reason, w.field) for w in found.warnings] == [(Reason.HOSTED_ZONE_NOT_FOUND, f"{PREFIX}create-acm-cert")]


def test_a_certificate_without_hosts_is_a_problem() -> None:
    assert problems(asking()) == [("Ingress/shop/web", Reason.INVALID_SPEC, f"{PREFIX}create-acm-cert")]


@pytest.mark.parametrize(
    "inp",
    [
        pytest.param(
            replace(asking("www.example.com"), cluster=CLUSTER), id="where the installation makes no certificates"
        ),
        pytest.param(asking("www.example.com", certificate_arn=OLD), id="where others are named"),
        pytest.param(asking("www.example.com", create_acm_cert="false"), id="where none is asked for"),
    ],
)
def test_no_certificate_is_made(inp: StackInput) -> None:
    assert outcome(inp).desired.certificates == ()


def test_the_records_that_acm_waits_for_are_made_once() -> None:
    record = ValidationRecord(name="_a.www.example.com.", value="_b.acm-validations.aws.")
    pending = made(issued=False, validation=(record,))
    inp = holding(asking("www.example.com"), pending)

    (call,) = calls(inp)

    entry = {
        "Name": record.name,
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": record.value}],
    }
    assert (call.operation, call.parameters["HostedZoneId"]) == ("ChangeResourceRecordSets", "Z1")
    assert call.parameters["ChangeBatch"] == {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": entry}]}
    after = apply(inp.inventory, fold(inp.inventory, call, {}))
    assert calls(replace(inp, inventory=after)) == []


def test_a_certificate_that_is_not_issued_is_looked_at_again() -> None:
    inp = holding(asking("www.example.com"), made(issued=False))
    stale = replace(inp.inventory.knowledge, certificate_details=frozenset())

    assert build_stack(replace(inp, inventory=replace(inp.inventory, knowledge=stale))) == Needs(
        lookups=(Lookup(kind=LookupKind.CERTIFICATE_DETAILS, keys=(NEW,)),)
    )


def test_an_issued_certificate_is_used_and_nothing_is_waited_for() -> None:
    found = outcome(holding(asking("www.example.com"), made()))

    assert [(x.port, x.certificates) for x in found.desired.listeners] == [(443, (NEW,))]
    assert found.waits_for == ()
    assert calls(holding(asking("www.example.com"), made())) == []


def test_tags_of_a_certificate_that_was_made_are_brought_up_to_date() -> None:
    standing = made(tags={**(made().tags or {}), "team": "b", "old": "1"})
    inp = holding(asking("www.example.com", tags="team=a"), standing)
    put, removed = calls(inp)
    assert (put.operation, put.parameters["Tags"]) == ("AddTagsToCertificate", [{"Key": "team", "Value": "a"}])
    assert (removed.operation, removed.parameters["Tags"]) == ("RemoveTagsFromCertificate", [{"Key": "old"}])
    known = inp.inventory
    for call in (put, removed):
        known = apply(known, fold(known, call, {}))
    assert calls(replace(inp, inventory=known)) == []


def test_a_certificate_that_will_never_be_issued_is_asked_for_anew_with_another_token() -> None:
    inp = holding(asking("www.example.com"), made(issued=False, failed=True))

    (again,) = calls(inp)
    (first,) = calls(asking("www.example.com"))

    assert again.operation == first.operation == "RequestCertificate"
    assert again.parameters["IdempotencyToken"] != first.parameters["IdempotencyToken"]


def test_with_other_hosts_the_old_certificate_serves_until_the_new_one_is_issued() -> None:
    inp = asking("www.example.com", "www2.example.com")
    old = made(OLD, "www.example.com", inp=inp)
    listener = Listener(
        arn="l", load_balancer_arn="b", port=443, protocol="HTTPS", default_actions=(), certificates=(OLD,)
    )

    before = holding(inp, old, listeners={"l": listener})
    replaced = holding(inp, old, made(inp=inp), listeners={"l": listener})
    let_go = holding(inp, old, made(inp=inp))

    (served,) = outcome(before).desired.listeners
    assert (served.certificates, [r.conditions[0].values for r in served.rules]) == ((OLD,), [("www.example.com",)])
    assert [c.operation for c in calls(before)] == ["RequestCertificate"]
    assert [x.certificates for x in outcome(replaced).desired.listeners] == [(NEW,)]
    # AWS refuses to delete what a listener still has.
    assert calls(replaced) == []
    assert [(c.operation, c.parameters["CertificateArn"]) for c in calls(let_go)] == [("DeleteCertificate", OLD)]


def test_records_go_with_the_certificate_unless_another_one_is_validated_by_them() -> None:
    record = ValidationRecord(name="_a.www.example.com.", value="_b.acm-validations.aws.")
    going = made(validation=(record,))
    other = replace(made(OLD), tags=None)

    def deleted(inventory: Inventory) -> list[str]:
        draft = Draft()
        delete_created(draft, replace(asking("www.example.com"), inventory=inventory), (going,), asked_by="")
        return [s.work.operation for s in draft.plan(asking().key).steps if isinstance(s.work, AwsCall)]

    alone = holding(asking("www.example.com"), going).inventory
    assert deleted(alone) == ["ChangeResourceRecordSets", "DeleteCertificate"]
    assert deleted(holding(asking("www.example.com"), going, other).inventory) == ["DeleteCertificate"]


def test_the_resource_id_names_type_domain_and_ingress() -> None:
    (wanted,) = outcome(asking("www.example.com")).desired.certificates

    assert wanted.resource_id == RESOURCE
