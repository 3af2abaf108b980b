"""Follows the AWS endpoint's configuration: asks for what is newer than what is known, and waits for the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp

from sandbox.traffic.configuration import Configuration
from sandbox.traffic.decoding import Decoder

PATH = "/__sandbox/dataplane"
_RETRY_SECONDS = 0.5
_PAUSE_SECONDS = 0.05
"""Between two configurations: what changes in one go is taken in one go."""
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)

_log = logging.getLogger(__name__)


async def follow(aws_url: str) -> AsyncIterator[Configuration]:
    """Every configuration that differs from the one before, for as long as it is asked for.

    While the endpoint does not answer, the last one stays. What of a newer one cannot be understood stays as it was.
    """
    decoder, version = Decoder(), 0
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        while True:
            try:
                async with session.get(aws_url + PATH, params={"after": version}) as answer:
                    answer.raise_for_status()
                    data = await answer.json()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                _log.debug("the AWS endpoint tells no configuration: %s", error)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            newer, problems = decoder.decode(data)
            for problem in problems:
                _log.warning("not understood: %s", problem)
            if newer.version != version:
                version = newer.version
                yield newer
                await asyncio.sleep(_PAUSE_SECONDS)
