"""Which target group and which target a forward action gives a request to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.traffic.application.downstream import Downstream
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.configuration import Forward, Target
from sandbox.traffic.core.algorithms import Load, pick, pick_group
from sandbox.traffic.core.answers import Answer, ElbStatus, error, note
from sandbox.traffic.core.stickiness import group_cookies, kept_group, kept_target
from sandbox.traffic.environment import Environment
from sandbox.traffic.fleet import GroupState


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where a request goes."""

    state: GroupState
    target: Target
    kept: bool
    """Whether the client stayed with its target."""
    group_cookies: Sequence[str]


def choose(action: Forward, stream: Downstream, gate: Gate, environment: Environment) -> Choice | Answer:
    """The target that a request goes to; the answer where there is none."""
    now = environment.clock.now()
    cookies = stream.request.cookies()
    weights = {group.arn: group.weight for group in action.groups}
    arn = None
    if action.sticky_seconds is not None:
        open_groups = [arn for arn, weight in weights.items() if weight > 0]
        arn = kept_group(cookies, open_groups, environment.seal, now, action.sticky_seconds)
    arn = arn or pick_group(weights, environment.chance())
    state = environment.fleet.group(arn) if arn else None
    if arn is None or state is None:
        return error(503, "no target group")
    refusal = _wrong_version(state, stream)
    if refusal is not None:
        return refusal
    candidates = state.eligible(gate.balancer, gate.zone).targets
    if not candidates:
        return error(503, "no registered targets")
    key = kept_target(cookies, state.group, environment.seal, now)
    target = next((candidate for candidate in candidates if candidate.key == key), None) if key else None
    kept = target is not None
    if target is None:
        load = Load(now=now, outstanding=state.outstanding)
        turn = state.turn(f"{gate.balancer.arn} {gate.zone}")
        target = pick(state.group, candidates, turn, load, environment.chance)
    made = [] if action.sticky_seconds is None else group_cookies(arn, environment.seal, now, time.time())
    return Choice(state=state, target=target, kept=kept, group_cookies=made)


def _wrong_version(state: GroupState, stream: Downstream) -> Answer | None:
    group = state.group
    if group.target_type == "lambda":
        return note(502, "the sandbox runs no functions")
    if group.protocol_version in ("", "HTTP1"):
        is_grpc = (stream.request.first("content-type") or "").startswith("application/grpc")
        if stream.is_http2 and is_grpc:
            return error(ElbStatus.WRONG_PROTOCOL_VERSION, "gRPC for targets of HTTP/1.1")
        return None
    if not stream.is_http2:
        return error(ElbStatus.WRONG_PROTOCOL_VERSION, f"HTTP/1.1 for targets of {group.protocol_version}")
    if group.protocol_version == "GRPC" and stream.request.method != "POST":
        return error(ElbStatus.WRONG_PROTOCOL_VERSION, "no POST for gRPC targets")
    return note(502, f"the sandbox speaks no {group.protocol_version} to targets")
