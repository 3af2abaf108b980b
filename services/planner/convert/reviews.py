"""What a review is asked and answers, between `elbow.planner.v1` and the planner's values. Called by the servicer."""

from collections.abc import Sequence
from typing import TypeVar

from elbow.cluster.v1 import objects_pb2
from elbow.planner.v1 import planner_service_pb2 as pb

from services.planner.convert.objects import UnknownKindError, to_object
from services.planner.core.review.bindings import Completion
from services.runtime.errors import InvalidRequestError

T = TypeVar("T")


def to_subject(message: objects_pb2.Object, kind: type[T]) -> T:
    """The object under review. Raises InvalidRequestError for one of another kind."""
    try:
        thing = to_object(message)
    except UnknownKindError as error:
        raise InvalidRequestError("UnknownObject", str(error)) from error
    if not isinstance(thing, kind):
        raise InvalidRequestError("UnknownObject", f"a {kind.__name__} is asked about, not a {type(thing).__name__}")
    return thing


def from_completion(completion: Completion, warnings: Sequence[str]) -> pb.CompleteBindingResponse:
    """The fields to set on the wire."""
    return pb.CompleteBindingResponse(
        denial=completion.denial,
        target_group_arn=completion.target_group_arn,
        target_type=completion.target_type,
        ip_address_type=completion.ip_address_type,
        vpc_id=completion.vpc_id,
        target_group_protocol=completion.target_group_protocol,
        warnings=warnings,
    )
