"""Which security groups the load balancer of an ingress group has (ingress behaviour, sections 4.1 and 17)."""

from collections.abc import Sequence

from services.planner.core.annotations.ingress.load_balancer import MANAGE_BACKEND_RULES, SECURITY_GROUPS
from services.planner.core.build.merge import agreed, wishes
from services.planner.core.build.security import Security, named_groups, with_managed_group, with_own_groups
from services.planner.core.findings import Findings
from services.planner.core.inputs import StackInput
from services.planner.core.members import Active
from services.planner.core.problems import Reason


def choose_groups(inp: StackInput, members: Sequence[Active], findings: Findings) -> Security:
    """The user's groups where a member names some (an empty list names none), else the managed one."""
    asked = [w for w in wishes(members, SECURITY_GROUPS, of_class=lambda _: None, class_field="") if w.value]
    names = agreed(asked, findings)
    if not names:
        return with_managed_group(inp.cluster)
    own = named_groups(inp, names, where=asked[0].member, field=SECURITY_GROUPS.key, findings=findings)
    return with_own_groups(inp.cluster, own, manage_backend=_manages_backend(inp, members, findings))


def _manages_backend(inp: StackInput, members: Sequence[Active], findings: Findings) -> bool:
    """Whether rules on the targets are managed beside the user's own groups."""
    asked = wishes(members, MANAGE_BACKEND_RULES, of_class=lambda _: None, class_field="")
    manages = agreed(asked, findings)
    if manages is None:
        return inp.cluster.manage_backend_rules
    if manages and not inp.cluster.backend_security_group_enabled:
        findings.problem(
            asked[0].member,
            Reason.INVALID_ANNOTATION,
            "rules on the targets need the backend security group, which is switched off in this installation",
            field=MANAGE_BACKEND_RULES.key,
        )
        return False
    return manages
