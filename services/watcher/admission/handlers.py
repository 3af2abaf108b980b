"""What each webhook answers, by path: the reference controller's (targets and readiness, section 9).

Called by the server. A handler raises NoAnswerError where nobody can say.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.watcher.admission.planner import Planner
from services.watcher.core.admission.class_params import review_class_params
from services.watcher.core.admission.reviews import ALLOWED, Answer, Question
from services.watcher.core.admission.server_ids import ServerIds, with_server_ids
from services.watcher.core.admission.service_class import with_class

Handler = Callable[[Question], Awaitable[Answer]]

_BINDING_FIELDS = (
    ("target_group_arn", "targetGroupARN"),
    ("target_type", "targetType"),
    ("ip_address_type", "ipAddressType"),
    ("vpc_id", "vpcID"),
    ("target_group_protocol", "targetGroupProtocol"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The handlers and whom they ask. `own_class`: the class that Services get; `id_variable`: the environment variable
    in which containers find their QUIC server id."""

    planner: Planner
    server_ids: ServerIds
    own_class: str
    id_variable: str

    def by_path(self) -> Mapping[str, Handler]:
        """All handlers."""
        return {
            "/mutate-v1-pod": self._pod,
            "/mutate-v1-pod-server-id": self._server_id,
            "/mutate-v1-service": self._service,
            "/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding": self._complete_binding,
            "/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding": self._binding,
            "/validate-elbv2-k8s-aws-v1beta1-ingressclassparams": self._class_params,
            "/validate-networking-v1-ingress": self._ingress,
        }

    async def _pod(self, question: Question) -> Answer:
        """Readiness gates; only a new pod can get any."""
        if not question.is_new:
            return ALLOWED
        pod = question.subject
        present = [gate.get("conditionType") for gate in (pod.get("spec") or {}).get("readinessGates") or ()]
        gates = await self.planner.gates(pod)
        if gates == present:
            return ALLOWED
        value = [{"conditionType": gate} for gate in gates]
        return Answer(patch=[{"op": "add", "path": "/spec/readinessGates", "value": value}])

    async def _server_id(self, question: Question) -> Answer:
        return with_server_ids(question, self.server_ids, self.id_variable) if question.is_new else ALLOWED

    async def _service(self, question: Question) -> Answer:
        return with_class(question, self.own_class)

    async def _complete_binding(self, question: Question) -> Answer:
        """Only a new binding is completed: later its fields are its own."""
        if not question.is_new:
            return ALLOWED
        found = await self.planner.complete(question.subject)
        values = ((field, getattr(found, name)) for name, field in _BINDING_FIELDS)
        patch = [{"op": "add", "path": f"/spec/{field}", "value": value} for field, value in values if value]
        return Answer(denial=found.denial, patch=patch, warnings=found.warnings)

    async def _binding(self, question: Question) -> Answer:
        if question.object is None:
            return ALLOWED
        found = await self.planner.binding(question.subject, question.before)
        return Answer(denial=found.denial, warnings=found.warnings)

    async def _class_params(self, question: Question) -> Answer:
        return ALLOWED if question.object is None else review_class_params(question)

    async def _ingress(self, question: Question) -> Answer:
        """An Ingress that is being deleted is let through: nothing in it is taken up any more."""
        if question.object is None or question.subject["metadata"].get("deletionTimestamp"):
            return ALLOWED
        found = await self.planner.ingress(question.subject, question.before)
        return Answer(denial=found.denial, warnings=found.warnings)
