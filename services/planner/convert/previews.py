"""What a preview is asked and answers, between `elbow.planner.v1` and the planner's values. Called by the servicer."""

from elbow.planner.v1 import planner_service_pb2 as pb

from services.planner.convert.objects import to_object
from services.planner.core.objects import Kind, ObjectRef
from services.planner.core.plans import Report
from services.planner.preview.stand_ins import Given


def to_given(message: pb.PreviewObject) -> Given:
    """An object to suppose. Raises ValueError for one of a kind that is not known."""
    return Given(
        thing=to_object(message.object), created=message.created, node_ports=tuple(message.allocated_node_ports)
    )


def to_ref(text: str) -> ObjectRef:
    """The object that is named `<Kind>/<namespace>/<name>` or `<Kind>/<name>`. Raises ValueError when none is."""
    kind, _, name = text.partition("/")
    namespace, _, last = name.rpartition("/")
    if kind not in set(Kind) or not last or "/" in namespace:
        raise ValueError(f"{text!r} names no object: <Kind>/<namespace>/<name> does, with one of {', '.join(Kind)}")
    return ObjectRef(kind=Kind(kind), namespace=namespace, name=last)


def from_report(report: Report) -> pb.PreviewReport:
    """A report on the wire."""
    where = f"{report.object_kind}/{report.namespace}/{report.name}" if report.namespace else report.name
    return pb.PreviewReport(
        object=where, warning=report.warning, reason=str(report.reason), message=report.message[:960]
    )
