"""The endpoint as a WSGI application: every request passes through here, to load balancing or to moto.

The server serves it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ParamValidationError

from sandbox.aws.admin import PREFIX, Admin
from sandbox.aws.answers import Answer, StartResponse, answer_of, error_answer
from sandbox.aws.elbv2.service import Elbv2
from sandbox.aws.elbv2.throttling import Throttling
from sandbox.aws.faults import Failure, Faults, Outcome
from sandbox.aws.protection import Protection
from sandbox.aws.record import CallLog, CallRecord, Phase
from sandbox.aws.requests import AwsRequest, decode
from sandbox.clock import Clock

_log = logging.getLogger(__name__)


class Gateway:
    """Decodes, records, holds and answers calls.

    moto's state bears one thread at a time: calls take effect one after the other under one lock, which is never kept
    while a call is held.
    """

    def __init__(
        self,
        *,
        moto: Any,
        elbv2: Elbv2,
        protection: Protection,
        log: CallLog,
        faults: Faults,
        throttling: Throttling,
        clock: Clock,
        admin: Admin,
    ) -> None:
        self._moto = moto
        self._elbv2 = elbv2
        self._protection = protection
        self._log = log
        self._faults = faults
        self._throttling = throttling
        self._clock = clock
        self._admin = admin
        self._effect = elbv2.lock

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._admin.answer(environ, body).send(start_response)
        if self._faults.down:
            raise _cut(environ)
        call = self._log.arrived(decode(environ, body), time.time())
        answer = self._carry_out(call, environ, body)
        call.ended = time.time()
        if answer is None:
            raise _cut(environ)
        call.answered = True
        return answer.send(start_response)

    def _carry_out(self, call: CallRecord, environ: dict[str, Any], body: bytes) -> Answer | None:
        """The call's answer; None when it was discarded."""
        refusal = self._throttle(call.request)
        if refusal is not None:
            call.error = refusal.error_code
            return refusal
        passage = self._faults.meet(call)
        passage.wait()
        if passage.held(Phase.BEFORE) is Outcome.DISCARD:
            return None
        if failure := passage.fails(Phase.BEFORE):
            return _failed(call, failure)
        with self._effect:
            answer = self._effect_of(call.request, environ, body)
        call.phase = Phase.AFTER
        call.error = answer.error_code
        if passage.held(Phase.AFTER) is Outcome.DISCARD:
            return None
        if failure := passage.fails(Phase.AFTER):
            return _failed(call, failure)
        return answer

    def _throttle(self, request: AwsRequest) -> Answer | None:
        """The refusal of a call that comes too soon after others. The sandbox's own parts are not counted."""
        if request.from_sandbox:
            return None
        now = self._clock.now()
        refusal = self._throttling.refuse(request.service, request.operation, request.parameters, now)
        if refusal is None:
            return None
        return error_answer(request, code=refusal.code, message=refusal.message, status=refusal.status)

    def _effect_of(self, request: AwsRequest, environ: dict[str, Any], body: bytes) -> Answer:
        try:
            own = self._elbv2.answer(request) or self._protection.answer(request)
            return own or answer_of(self._moto, environ, body)
        except NotImplementedError:
            code, status = "NotImplemented", HTTPStatus.NOT_IMPLEMENTED
            message = f"The sandbox does not implement {request.service}:{request.operation}"
        except ParamValidationError as error:
            code, status, message = "ValidationError", HTTPStatus.BAD_REQUEST, str(error)
        except Exception as error:
            _log.exception("%s:%s failed", request.service, request.operation)
            code, status, message = "InternalFailure", HTTPStatus.INTERNAL_SERVER_ERROR, repr(error)
        return error_answer(request, code=code, message=message, status=status)


def _failed(call: CallRecord, failure: Failure) -> Answer | None:
    error = failure.answer_to(call.request)
    if error is None:
        return None
    call.error = error.code
    return error_answer(call.request, code=error.code, message=error.message, status=error.status)


def _cut(environ: dict[str, Any]) -> Exception:
    """Close the connection without an answer; the server takes the error for a client that has gone."""
    connection: socket.socket = environ["werkzeug.socket"]
    # A client that was killed meanwhile has closed it already.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return ConnectionResetError("closed by a switch")
