"""Whose an Ingress is, who makes up a stack, and what a deletion needs."""

from dataclasses import replace

import pytest

from services.planner.core.build import Broken, Built, build_stack
from services.planner.core.desired import DesiredStack, Member
from services.planner.core.inputs import StackInput, View
from services.planner.core.keys import StackKey, StackKind
from services.planner.core.objects import Ingress, Kind, Meta, Namespace, ObjectRef
from services.planner.core.problems import Reason
from tests.unit.planner_core.build_inputs import (
    CLUSTER,
    FINALIZER,
    KEY,
    PREFIX,
    built,
    class_params,
    ingress,
    ingress_class,
    problems,
    stack_input,
    with_params,
)

LEGACY = "kubernetes.io/ingress.class"
DEFAULT = "ingressclass.kubernetes.io/is-default-class"
REF = ObjectRef(kind=Kind.INGRESS, namespace="shop", name="web")
MEMBER = Member(ref=REF, uid="uid-web", resource_version="7", generation=1, finalizer=FINALIZER)
NOTHING = Built(desired=DesiredStack(key=KEY))
NGINX = ingress_class("nginx", controller="k8s.io/ingress-nginx")


def _legacy(value: str, *, carries: bool = True) -> Ingress:
    return ingress(meta={"annotations": {LEGACY: value}, "finalizers": (FINALIZER,) if carries else ()})


def _default_class(*names: str) -> StackInput:
    classes = {n: ingress_class(n, meta=Meta(name=n, annotations={DEFAULT: "true"})) for n in names}
    return stack_input(ingress(class_name=None), classes=classes)


@pytest.mark.parametrize(
    "inp",
    [
        pytest.param(stack_input(), id="its class names this controller"),
        pytest.param(stack_input(_legacy("alb"), classes={}), id="the legacy annotation names the flag's class"),
        pytest.param(_default_class("alb"), id="the default class names this controller"),
        pytest.param(
            stack_input(ingress(class_name=None), cluster=replace(CLUSTER, ingress_class=""), classes={}),
            id="it has no class and the flag is empty",
        ),
        pytest.param(
            stack_input(_legacy(""), cluster=replace(CLUSTER, ingress_class="")),
            id="the legacy annotation and the flag are empty",
        ),
        pytest.param(
            with_params(
                '{"namespaceSelector": {"matchLabels": {"team": "a"}}}',
                namespaces={"shop": Namespace(meta=Meta(name="shop", labels={"team": "a"}))},
            ),
            id="its namespace matches the class's selector",
        ),
        pytest.param(
            with_params('{"scheme": "internet-facing"}', _legacy("alb")),
            id="the legacy annotation leaves the parameters of the class out",
        ),
    ],
)
def test_an_ingress_of_this_controller_is_built(inp: StackInput) -> None:
    desired = built(inp)

    assert [m.ref for m in desired.active] == [REF]
    assert desired.load_balancer is not None
    assert desired.load_balancer.scheme == "internal"


@pytest.mark.parametrize(
    "inp",
    [
        pytest.param(
            stack_input(ingress(class_name="nginx"), classes={"nginx": NGINX}), id="another controller's class"
        ),
        pytest.param(stack_input(_legacy("nginx")), id="another class by the legacy annotation"),
        pytest.param(stack_input(_legacy("")), id="an empty legacy annotation while the flag is set"),
        pytest.param(
            stack_input(ingress(class_name=None), classes={"alb": ingress_class()}), id="no class and no default"
        ),
    ],
)
def test_an_ingress_of_another_controller_leaves_if_it_carries_the_finalizer(inp: StackInput) -> None:
    (subject,) = inp.ingresses
    bare = replace(subject, meta=replace(subject.meta, finalizers=("example.com/other",)))

    assert built(inp) == DesiredStack(key=KEY, leaving=(MEMBER,))
    assert build_stack(replace(inp, ingresses=(bare,))) == NOTHING


@pytest.mark.parametrize(
    "inp",
    [
        pytest.param(stack_input(ingress(class_name="gone")), id="its class does not exist"),
        pytest.param(_default_class("alb", "alb2"), id="two classes are the default"),
        pytest.param(stack_input(classes={"alb": ingress_class(params="gone")}), id="the parameters do not exist"),
        pytest.param(
            stack_input(
                classes={
                    "alb": replace(
                        ingress_class(params="corp"),
                        parameters=replace(ingress_class(params="corp").parameters, kind="ConfigMap"),  # type: ignore[type-var]
                    )
                },
                class_params={"corp": class_params("{}")},
            ),
            id="the parameters are of another kind",
        ),
        pytest.param(
            with_params(
                '{"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}}',
                namespaces={"shop": Namespace(meta=Meta(name="shop", labels={"team": "a"}))},
            ),
            id="its namespace does not match the class's selector",
        ),
    ],
)
def test_a_class_that_makes_no_sense_is_an_error_only_for_an_ingress_that_carries_the_finalizer(
    inp: StackInput,
) -> None:
    (subject,) = inp.ingresses
    bare = replace(subject, meta=replace(subject.meta, finalizers=()))

    assert problems(inp) == [("Ingress/shop/web", Reason.INVALID_INGRESS_CLASS, "spec.ingressClassName")]
    assert build_stack(replace(inp, ingresses=(bare,))) == NOTHING


_SELECTING = '{"namespaceSelector": {"matchLabels": {"team": "a"}}}'


@pytest.mark.parametrize(
    ("kind", "inp"),
    [
        pytest.param(Kind.INGRESS, stack_input(), id="Ingresses"),
        pytest.param(Kind.INGRESS_CLASS, stack_input(classes={}), id="classes"),
        pytest.param(Kind.INGRESS_CLASS_PARAMS, with_params("{}", class_params={}), id="parameters of its class"),
        pytest.param(Kind.NAMESPACE, with_params(_SELECTING), id="namespaces that its class selects"),
        pytest.param(Kind.SERVICE, stack_input(services={}), id="Services"),
        pytest.param(Kind.TARGET_GROUP_BINDING, stack_input(), id="bindings"),
    ],
)
def test_a_kind_that_cannot_be_seen_is_an_error_and_never_an_empty_stack(kind: Kind, inp: StackInput) -> None:
    outcome = build_stack(replace(inp, view=View(blind={kind: "refused: forbidden"})))

    assert isinstance(outcome, Broken)
    assert [(p.reason, p.field, p.message) for p in outcome.problems] == [
        (Reason.VIEW_INCOMPLETE, kind, f"{kind} cannot be seen: refused: forbidden")
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind.INGRESS_CLASS_PARAMS, id="parameters, of which the class has none"),
        pytest.param(Kind.NAMESPACE, id="namespaces, which no class selects"),
        pytest.param(Kind.POD, id="pods"),
    ],
)
def test_a_kind_that_is_not_needed_may_be_out_of_sight(kind: Kind) -> None:
    assert built(stack_input(view=View(blind={kind: "missing"}))) == built(stack_input())


def _deleted(annotations: dict[str, str] | None = None) -> Ingress:
    subject = ingress(annotations, class_name="gone")
    return replace(subject, meta=replace(subject.meta, deleted_at="2026-01-01T00:00:00Z"))


def test_a_deleted_ingress_needs_no_class_no_service_and_no_sound_annotation() -> None:
    inp = stack_input(
        _deleted({"scheme": "public", "load-balancer-attributes": "broken", "ssl-redirect": "443"}),
        classes={},
        services={},
        view=View(blind={Kind.INGRESS_CLASS: "lost", Kind.SERVICE: "lost"}),
    )

    assert built(inp) == DesiredStack(key=KEY, leaving=(MEMBER,))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("T", True, id="another spelling of true"),
        pytest.param("false", False, id="false"),
        pytest.param("perhaps", False, id="no boolean"),
    ],
)
def test_a_deletion_waits_for_the_protection_that_the_ingress_itself_asks_for(value: str, kept: bool) -> None:
    inp = stack_input(_deleted({"load-balancer-attributes": f"deletion_protection.enabled={value}"}))

    expected = [("Ingress/shop/web", Reason.DELETION_PROTECTED, f"{PREFIX}load-balancer-attributes")]
    assert (problems(inp) if kept else built(inp)) == (expected if kept else DesiredStack(key=KEY, leaving=(MEMBER,)))


def test_an_ingress_that_is_another_controllers_now_leaves_whatever_it_asks_for() -> None:
    subject = ingress({"load-balancer-attributes": "deletion_protection.enabled=true"}, class_name="nginx")

    assert built(stack_input(subject, classes={"nginx": NGINX})) == DesiredStack(key=KEY, leaving=(MEMBER,))


def test_whose_an_ingress_is_stays_open_while_its_class_cannot_be_seen() -> None:
    bare = ingress(meta={"finalizers": ()})
    view = View(blind={Kind.INGRESS_CLASS: "refused: forbidden"})

    assert problems(stack_input(bare, view=view)) == [(str(REF), Reason.VIEW_INCOMPLETE, Kind.INGRESS_CLASS)]


def test_an_ingress_that_joins_a_group_leaves_its_own() -> None:
    assert built(stack_input(ingress({"group.name": "shared"}))) == DesiredStack(key=KEY, leaving=(MEMBER,))


def test_an_ingress_whose_groups_name_cannot_be_one_keeps_what_it_has() -> None:
    finalizer = "group.ingress.k8s.aws/shared"
    lost = ingress({"group.name": "Shared"}, meta={"finalizers": (finalizer,)})
    key = StackKey(kind=StackKind.INGRESS, namespace="", name="shared")
    expected = [("Ingress/shop/web", Reason.INVALID_ANNOTATION, f"{PREFIX}group.name")]

    assert problems(stack_input(lost, key=key)) == expected
    assert problems(stack_input(lost)) == expected


def test_the_members_of_an_explicit_group_are_built_and_its_deleted_ones_leave() -> None:
    key = StackKey(kind=StackKind.INGRESS, namespace="", name="shared")
    finalizer = "group.ingress.k8s.aws/shared"
    member = ingress({"group.name": "shared"}, meta={"name": "a"})
    gone = ingress(meta={"name": "b", "finalizers": (finalizer,), "deleted_at": "2026-01-01T00:00:00Z"})
    stranger = ingress({"group.name": "other"}, meta={"name": "c"})

    desired = built(stack_input(member, gone, stranger, key=key))
    assert [(str(m.ref), m.finalizer) for m in (*desired.active, *desired.leaving)] == [
        ("Ingress/shop/a", finalizer),
        ("Ingress/shop/b", finalizer),
    ]
    left = built(stack_input(gone, stranger, key=key))
    assert ([m.ref.name for m in left.leaving], left.active, left.load_balancer) == (["b"], (), None)


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        pytest.param('{"group": {"name": "Corp"}}', "spec.group", Reason.INVALID_SPEC, id="no name of a group"),
        pytest.param('{"subnets": {"ids": []}}', "spec.subnets", Reason.INVALID_SPEC, id="no subnets"),
        pytest.param(
            '{"somethingNew": 1}', "spec.somethingNew", Reason.NOT_SUPPORTED_YET, id="a field of a later version"
        ),
        pytest.param('{"scheme": "public"}', "spec.scheme", Reason.INVALID_SPEC, id="an unknown scheme"),
        pytest.param('{"tags": [{"value": "x"}]}', "spec.tags", Reason.INVALID_SPEC, id="a tag without key"),
        pytest.param('{"scheme": false}', "spec.scheme", Reason.INVALID_SPEC, id="a scheme that is no text"),
        pytest.param("[]", "spec", Reason.INVALID_SPEC, id="a spec that is no object"),
        pytest.param(
            '{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}',
            "spec.namespaceSelector",
            Reason.INVALID_SPEC,
            id="a selector that cannot be read",
        ),
    ],
)
def test_parameters_that_are_not_built_or_not_understood_are_a_problem_of_theirs(
    spec: str, field: str, reason: Reason
) -> None:
    assert problems(with_params(spec)) == [("IngressClassParams/corp", reason, field)]


def test_parameters_that_ask_for_nothing_change_nothing() -> None:
    spec = (
        '{"ipAddressType": "ipv4", "group": {"name": ""}, "inboundCIDRs": [], "namespaceSelector": {}, "scheme": null}'
    )

    assert built(with_params(spec)) == built(stack_input())
