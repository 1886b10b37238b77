"""Tempo's query API over the store."""

import asyncio
import re

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from codex_otlp_store.otlp_json import to_json
from codex_otlp_store.query import Query, QueryError, parse_tags, parse_traceql
from codex_otlp_store.search import Search
from codex_otlp_store.store import TraceStore

_TRACE_ID = re.compile(r"[0-9a-fA-F]{1,32}")
_DEFAULT_LIMIT = 20


class QueryApi:
    """The routes, bound to one store."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/ready", self.ready),
                Route("/api/traces/{trace_id}", self.trace),
                Route("/api/v2/traces/{trace_id}", self.trace_v2),
                Route("/api/search", self.search),
            ]
        )

    async def ready(self, _request: Request) -> PlainTextResponse:
        return PlainTextResponse("ready")

    async def trace(self, request: Request) -> JSONResponse:
        return JSONResponse({"batches": self._resource_spans(request)})

    async def trace_v2(self, request: Request) -> JSONResponse:
        return JSONResponse({"trace": {"resourceSpans": self._resource_spans(request)}})

    async def search(self, request: Request) -> JSONResponse:
        traces = await asyncio.to_thread(_search(request.query_params).run, self._store)
        return JSONResponse({"traces": traces, "metrics": {}})

    def _resource_spans(self, request: Request) -> list[dict[str, object]]:
        resource_spans = self._store.find(_trace_id(request.path_params["trace_id"]))
        if not resource_spans:
            raise HTTPException(404, "trace not found")
        return [to_json(item) for item in resource_spans]


def _trace_id(text: str) -> bytes:
    if _TRACE_ID.fullmatch(text) is None:
        raise HTTPException(400, "a trace id has up to 32 hexadecimal digits")
    return bytes.fromhex(text.zfill(32))


def _search(params: QueryParams) -> Search:
    try:
        limit = _number(params, "limit")
        return Search(
            query=_query(params),
            limit=_DEFAULT_LIMIT if limit is None else limit,
            start=_number(params, "start"),
            end=_number(params, "end"),
        )
    except QueryError as error:
        raise HTTPException(400, str(error)) from error


def _query(params: QueryParams) -> Query:
    if params.get("q") and params.get("tags"):
        raise QueryError("q and tags exclude each other")
    return parse_traceql(params["q"]) if params.get("q") else parse_tags(params.get("tags", ""))


def _number(params: QueryParams, name: str) -> int | None:
    text = params.get(name)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,12}", text) or (name == "limit" and int(text) == 0):
        raise QueryError(f"{name} is no positive whole number: {text!r}")
    return int(text)
