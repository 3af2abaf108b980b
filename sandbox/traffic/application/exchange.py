"""One request from its head to the end of its answer: checks, rules, actions. What is decided is decided in `core`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from email.utils import formatdate

from sandbox.traffic.application.downstream import Downstream
from sandbox.traffic.application.forwarding import Forwarder
from sandbox.traffic.application.gate import Gate
from sandbox.traffic.application.upstream import Pool
from sandbox.traffic.configuration import (
    Authenticate,
    FixedResponse,
    Forward,
    Redirect,
    ValidateToken,
)
from sandbox.traffic.core.answers import Answer, error
from sandbox.traffic.core.authentication import unauthenticated
from sandbox.traffic.core.conditions import matching
from sandbox.traffic.core.redirects import fixed, redirected
from sandbox.traffic.core.request_checks import ambiguity, blocked, closes_after, only_valid, refused
from sandbox.traffic.core.response_headers import returned
from sandbox.traffic.core.tokens import without_token
from sandbox.traffic.core.transforms import transformed
from sandbox.traffic.environment import Environment


class Exchange:
    """Serves requests of one application load balancer."""

    def __init__(self, environment: Environment, pool: Pool) -> None:
        self._environment = environment
        self._pool = pool

    async def serve(self, stream: Downstream, gate: Gate) -> None:
        """Answer one request. It never raises for what client or target do."""
        request, forwarding = stream.request, gate.forwarding
        answer = refused(request.method, request.target, request.headers)
        found = ambiguity(request.headers)
        if answer is None and blocked(found, forwarding.desync):
            answer = error(400, "desync mitigation", close=True)
        if answer is None:
            if forwarding.drop_invalid:
                stream.request = replace(request, headers=only_valid(request.headers))
            answer = await self._act(stream, gate, close=closes_after(found, forwarding.desync))
        if answer is not None:
            await self.answer(stream, gate, answer)

    async def _act(self, stream: Downstream, gate: Gate, *, close: bool) -> Answer | None:
        """Do the actions of the rule that the request meets; the answer where it is the load balancer's own."""
        request = stream.request
        rule = matching(gate.listener.rules, request)
        for action in rule.actions if rule is not None else ():
            answer: Answer | None = None
            match action:
                case Authenticate():
                    answer = unauthenticated(action, request, state=secrets.token_urlsafe(16))
                case ValidateToken():
                    answer = without_token(action, request)
                case Redirect():
                    answer = redirected(action, request)
                case FixedResponse():
                    answer = fixed(action)
                case Forward():
                    sent = transformed(rule.transforms if rule is not None else (), request)
                    if sent is None:
                        return error(500, "a transform failed")
                    forwarder = Forwarder(environment=self._environment, pool=self._pool, gate=gate)
                    return await forwarder.forward(stream, sent, action, close=close)
            if answer is not None:
                return answer
        return error(503, "no action")

    async def answer(self, stream: Downstream, gate: Gate, answer: Answer) -> None:
        """Give an answer of the load balancer's own."""
        self._environment.figures.balancer_answered(gate.balancer.arn, answer.status, answer.ended_in)
        if stream.is_gone:
            return
        headers: Sequence[tuple[str, str]] = [("Date", formatdate(usegmt=True)), *answer.headers]
        stream.start(answer.status, returned(headers, gate.listener.attributes), len(answer.body), close=answer.close)
        if answer.body:
            await stream.send(answer.body)
        stream.finish()
