"""The HTTPS server of the webhooks. Made by `app` where an address is set."""

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from services.runtime.errors import StartError
from services.watcher.admission.handlers import Handler
from services.watcher.admission.planner import NoAnswerError
from services.watcher.core.admission.reviews import NoReviewError, read_review, write_review

_LOGGER = logging.getLogger(__name__)
_MAX_BODY = 4 * 1024 * 1024
"""An update shows two objects, each as large as the API server's store takes."""

_SHUTDOWN_SECONDS = 5.0
"""For reviews in hand: what one may wait for the planner."""


class AdmissionServer:
    """Serves the handlers from `start` until `stop`."""

    def __init__(self, handlers: Mapping[str, Handler], context: ssl.SSLContext) -> None:
        self._context = context
        application = web.Application(client_max_size=_MAX_BODY)
        for path, handler in handlers.items():
            application.router.add_post(path, _answering(path, handler))
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    async def start(self, address: str) -> str:
        """Begins to serve on host:port, and answers it with the port that was taken. Raises StartError."""
        host, _, port = address.rpartition(":")
        if not port.isdigit():
            raise StartError(f"--admission-address {address} is not host:port")
        await self._runner.setup()
        # "::" alone would leave IPv4 out; no host at all means every address of both.
        bound = None if host in {"", "[::]"} else host.strip("[]")
        site = web.TCPSite(self._runner, bound, int(port), ssl_context=self._context)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(f"cannot listen on --admission-address {address}: {error.strerror}") from error
        taken = f"{host}:{self._runner.addresses[0][1]}"
        _LOGGER.info("admission is served", extra={"address": taken})
        return taken

    async def stop(self) -> None:
        """Lets the reviews in hand end, takes no more."""
        await self._runner.cleanup()


def _answering(path: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            question = read_review(await request.read())
            found = await handler(question)
        except NoReviewError as error:
            return web.Response(status=400, text=str(error))
        except NoAnswerError as error:
            # The API server goes by the webhook's failure policy.
            _LOGGER.warning("no answer", extra={"path": path, "error": str(error)})
            return web.Response(status=503, text=str(error))
        if found.denial:
            _LOGGER.info("denied", extra={"path": path, "reason": found.denial})
        return web.json_response(write_review(question, found))

    return answer
