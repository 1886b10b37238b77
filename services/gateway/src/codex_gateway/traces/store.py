"""Spans by trace id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import structlog

from codex_gateway.models.traces import Span
from codex_gateway.traces.otlp import spans_of
from codex_service.errors import DependencyUnavailable

log = structlog.get_logger()

_DEADLINE: Final = 3.0  # seconds
_CONNECTIONS: Final = 16


class TraceStore:
    """A store's client; without a store there are no spans."""

    def __init__(self, client: httpx.AsyncClient | None) -> None:
        self._client = client

    async def spans(self, trace_id: str) -> list[Span]:
        """The spans of a trace by their start; none where the store has never heard of it.

        Raises:
            DependencyUnavailable: the store did not answer in time, or said nothing that makes sense.
        """
        if self._client is None:
            return []
        try:
            async with asyncio.timeout(_DEADLINE):
                answer = await self._client.get(f"/api/v2/traces/{trace_id}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return []
            return spans_of(answer.raise_for_status().json())
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            log.warning("the trace store did not answer", error=repr(error))
            raise DependencyUnavailable("the trace store could not be asked") from error


@asynccontextmanager
async def open_trace_store(url: str | None) -> AsyncIterator[TraceStore]:
    """A client with a pool of connections to ``url``, or one without spans."""
    if url is None:
        yield TraceStore(None)
        return
    async with httpx.AsyncClient(
        base_url=url,
        headers={"Accept": "application/json"},
        timeout=_DEADLINE,
        limits=httpx.Limits(max_connections=_CONNECTIONS),
        trust_env=False,
    ) as client:
        yield TraceStore(client)
