"""What differs between a resource and the one that takes its place. Used by the diffs of what AWS cannot change."""

from collections.abc import Sequence

from services.planner.core.aws import LoadBalancer, TargetGroup
from services.planner.core.desired import DesiredLoadBalancer, TargetGroupSettings
from services.planner.core.plans import FieldChange


def replaced_fields(
    found: LoadBalancer | TargetGroup, desired: DesiredLoadBalancer | TargetGroupSettings, names: Sequence[str]
) -> list[FieldChange]:
    """Those of the named fields, which both have, that are not the same."""
    pairs = ((name, getattr(found, name), getattr(desired, name)) for name in names)
    return [FieldChange(field=name, old=old, new=new) for name, old, new in pairs if old != new]
