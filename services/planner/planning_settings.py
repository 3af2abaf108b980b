"""Settings of what is planned: the reference controller's flags of the same name and meaning (controller, section 1).

Read by `app`, which hands them to the core as a `Cluster`. What cannot be is refused at start, with the flag's name.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from services.planner.core import tags
from services.planner.core.annotations.values import BadValueError, boolean, string_list, string_map
from services.planner.core.gates import DEFAULT_GATES, Gate
from services.planner.core.inputs import Cluster
from services.planner.core.keys import StackKind
from services.planner.core.quotas import NAMES as QUOTA_NAMES
from services.planner.core.quotas import NO_LIMIT
from services.runtime.settings import ServerSettings

_TRACKING_KEYS = frozenset(
    (
        tags.CLUSTER_TAG,
        tags.SHARED_GROUP_RESOURCE_TAG,
        *(tags.stack_tag(kind) for kind in StackKind),
        *(tags.resource_tag(kind) for kind in StackKind),
        *(f"gateway.k8s.aws.{kind}/{what}" for kind in ("alb", "nlb") for what in ("stack", "resource")),
    )
)


def _pairs(text: str) -> str:
    _read_pairs(text)
    return text


def _read_pairs(text: str) -> Mapping[str, str]:
    try:
        return string_map(text)
    except BadValueError as bad:
        raise ValueError(str(bad)) from bad


def _tag_pairs(text: str) -> str:
    _refuse_tracking(_read_pairs(text))
    return text


def _tag_keys(text: str) -> str:
    _refuse_tracking(string_list(text))
    return text


def _refuse_tracking(keys: Mapping[str, str] | tuple[str, ...]) -> None:
    taken = sorted(_TRACKING_KEYS.intersection(keys))
    if taken:
        raise ValueError(f"the tag {taken[0]} says whose a resource is and cannot be set or left to others")


def _label(text: str) -> str:
    if text:
        _read_label(text)
    return text


def _read_label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key or "=" in value:
        raise ValueError("accepted is one label as key=value")
    return key, value


def _gates(text: str) -> str:
    _read_gates(text)
    return text


def _read_gates(text: str) -> frozenset[Gate]:
    opened = set(DEFAULT_GATES)
    known = {gate.value: gate for gate in Gate}
    for name, value in _read_pairs(text).items():
        if name not in known:
            raise ValueError(f"there is no feature gate {name}")
        try:
            is_open = boolean(value)
        except BadValueError as bad:
            raise ValueError(f"feature gate {name}: {bad}") from bad
        (opened.add if is_open else opened.discard)(known[name])
    return frozenset(opened)


def _quotas(text: str) -> str:
    _read_quotas(text)
    return text


def _read_quotas(text: str) -> Mapping[str, int]:
    found = {}
    for name, value in _read_pairs(text).items():
        field = name.replace("-", "_")
        if field not in QUOTA_NAMES:
            raise ValueError(f"there is no quota {name}; there are {', '.join(map(_dashed, QUOTA_NAMES))}")
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= NO_LIMIT):
            raise ValueError(f"quota {name}: accepted are whole numbers from 1 to {NO_LIMIT}")
        found[field] = int(value)
    return found


def _dashed(name: str) -> str:
    return name.replace("_", "-")


class PlanningSettings(ServerSettings):
    """What load balancers are made like where their objects do not say."""

    default_tags: Annotated[str, AfterValidator(_tag_pairs)] = ""
    """Tags of every AWS resource: key=value, separated by commas."""

    external_managed_tags: Annotated[str, AfterValidator(_tag_keys)] = ""
    """Keys of tags that others manage, separated by commas: never set, changed or removed."""

    default_target_type: Literal["instance", "ip"] = "instance"
    """Target type where no annotation says one."""

    default_load_balancer_scheme: Literal["internal", "internet-facing"] = "internal"
    """Scheme where no annotation says one."""

    default_ssl_policy: str = Field(default="ELBSecurityPolicy-2016-08", min_length=1)
    """Security policy of TLS listeners where no annotation says one."""

    ingress_class: str = "alb"
    """Value of the annotation kubernetes.io/ingress.class that is ours; empty: Ingresses without any class too."""

    load_balancer_class: str = Field(default="service.k8s.aws/nlb", min_length=1)
    """Value of a Service's spec.loadBalancerClass that is ours."""

    tolerate_non_existent_backend_service: bool = True
    """A backend whose Service does not exist answers 503 instead of making its Ingress an error."""

    tolerate_non_existent_backend_action: bool = True
    """A backend whose action annotation does not exist answers 503 instead of making its Ingress an error."""

    allowed_certificate_authority_arns: str = ""
    """Private certificate authorities whose certificates are found by host, separated by commas; empty: all."""

    default_pca_arn: str = ""
    """Private certificate authority that issues certificates made for Ingresses; empty: Amazon issues them."""

    enable_waf: bool = True
    """Associate web ACLs of AWS WAF Classic."""

    enable_wafv2: bool = True
    """Associate web ACLs of AWS WAF."""

    enable_shield: bool = True
    """Make Shield Advanced protections."""

    enable_backend_security_group: bool = True
    """Make one security group for the traffic of all load balancers to their targets."""

    backend_security_group: Annotated[str, Field(pattern="^(sg-.*)?$")] = ""
    """Id of a security group to use in its place."""

    enable_manage_backend_security_group_rules: bool = False
    """Manage rules of targets' security groups also where a load balancer's own groups are given."""

    disable_restricted_sg_rules: bool = False
    """Open all ports to load balancers in targets' security groups, not just those of target groups."""

    service_target_eni_security_group_tags: Annotated[str, AfterValidator(_pairs)] = ""
    """Tags of the security group that takes the rules where a network interface has several: key=value,..."""

    max_targets_per_target_group: int = Field(default=0, ge=0)
    """Most targets registered in one target group; 0: as many as there are."""

    required_secrets_label: Annotated[str, AfterValidator(_label)] = ""
    """Label key=value that a Secret with OIDC credentials must carry; empty: none."""

    enable_pod_readiness_gate_inject: bool = True
    """Give new pods readiness gates for the target groups that they will be in; needs the pod webhook."""

    disable_ingress_class_annotation: bool = False
    """Refuse Ingresses that newly carry the annotation kubernetes.io/ingress.class; needs the Ingress webhook."""

    disable_ingress_group_name_annotation: bool = False
    """Refuse Ingresses that newly carry, or change, the annotation group.name; needs the Ingress webhook."""

    feature_gates: Annotated[str, AfterValidator(_gates)] = ""
    """Feature gates to open or close: Name=true or Name=false, separated by commas."""

    quota_overrides: Annotated[str, AfterValidator(_quotas)] = ""
    """Quotas of AWS to reckon with in place of what AWS says of the account: name=number, separated by commas. Names:
    rules-per-load-balancer, listeners-per-load-balancer, target-groups-per-load-balancer,
    certificates-per-load-balancer, condition-values-per-rule, wildcards-per-rule, targets-per-target-group,
    targets-per-cross-zone-load-balancer, rules-per-security-group."""

    @field_validator("external_managed_tags")
    @classmethod
    def _apart(cls, text: str, info: ValidationInfo) -> str:
        both = sorted(_read_pairs(info.data.get("default_tags", "")).keys() & set(string_list(text)))
        if both:
            raise ValueError(f"the tag {both[0]} is a default tag: it cannot be left to others")
        return text

    @field_validator("enable_manage_backend_security_group_rules")
    @classmethod
    def _with_a_group(cls, manage: bool, info: ValidationInfo) -> bool:
        if manage and not info.data.get("enable_backend_security_group", True):
            raise ValueError("needs the backend security group, which is switched off")
        return manage

    def cluster(self, *, name: str, region: str, vpc_id: str) -> Cluster:
        """The settings as the core takes them."""
        return Cluster(
            name=name,
            region=region,
            vpc_id=vpc_id,
            ingress_class=self.ingress_class,
            default_scheme=self.default_load_balancer_scheme,
            default_target_type=self.default_target_type,
            default_tags=_read_pairs(self.default_tags),
            external_managed_tags=frozenset(string_list(self.external_managed_tags)),
            tolerate_missing_service=self.tolerate_non_existent_backend_service,
            tolerate_missing_action=self.tolerate_non_existent_backend_action,
            default_ssl_policy=self.default_ssl_policy,
            load_balancer_class=self.load_balancer_class,
            backend_security_group_enabled=self.enable_backend_security_group,
            backend_security_group=self.backend_security_group,
            manage_backend_rules=self.enable_manage_backend_security_group_rules,
            restricted_rules=not self.disable_restricted_sg_rules,
            interface_group_tags=_read_pairs(self.service_target_eni_security_group_tags),
            max_targets_per_group=self.max_targets_per_target_group,
            required_secrets_label=_read_label(self.required_secrets_label) if self.required_secrets_label else None,
            certificate_authorities=frozenset(string_list(self.allowed_certificate_authority_arns)),
            default_certificate_authority=self.default_pca_arn,
            wafv2=self.enable_wafv2,
            waf_classic=self.enable_waf,
            shield=self.enable_shield,
            gates=_read_gates(self.feature_gates),
            quota_overrides=_read_quotas(self.quota_overrides),
            inject_readiness_gates=self.enable_pod_readiness_gate_inject,
            refuse_class_annotation=self.disable_ingress_class_annotation,
            refuse_group_name_annotation=self.disable_ingress_group_name_annotation,
        )
