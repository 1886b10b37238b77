"""Calls between a real server and a real client, both traced."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health  # type: ignore[attr-defined] # missing in its stubs

from codex_telemetry import quiet, span, trace_id
from codex_telemetry.testing import Recorder, SpanDict, outline

SERVICE = "codex.test.v1.TestService"


class Handlers:
    """What the calls of these tests meet. Requests and answers are bytes."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.entered = asyncio.Event()
        self.seen: list[str | None] = []

    async def answer(self, request: bytes, _context: Any) -> bytes:
        self.seen.append(trace_id())
        return request

    async def refuse(self, _request: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode.NOT_FOUND, "nothing here")
        return b""

    async def crash(self, _request: bytes, _context: Any) -> bytes:
        raise RuntimeError("broken")

    async def hang(self, _request: bytes, _context: Any) -> bytes:
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return b""

    async def count(self, _request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for number in range(3):
            with span("step"):
                yield str(number).encode()

    async def endless(self, _request: bytes, _context: Any) -> AsyncIterator[bytes]:
        while True:
            yield b"more"
            await asyncio.sleep(0)

    async def total(self, requests: AsyncIterator[bytes], _context: Any) -> bytes:
        return str(len([request async for request in requests])).encode()

    async def echo(self, requests: AsyncIterator[bytes], _context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    async def timed(self, _request: bytes, context: Any) -> bytes:
        return str(context.time_remaining()).encode()


class Peer:
    """A server and a channel to it."""

    def __init__(self, handlers: Handlers, channel: grpc.aio.Channel) -> None:
        self.handlers = handlers
        self.channel = channel

    def unary(self, method: str, timeout: float | None = 5, **options: Any) -> Any:
        return self.channel.unary_unary(f"/{SERVICE}/{method}", None, None)(b"x", timeout=timeout, **options)

    def stream(self, method: str) -> Any:
        return self.channel.unary_stream(f"/{SERVICE}/{method}", None, None)(b"x", timeout=5)


@pytest.fixture
async def peer(recorder: Recorder) -> AsyncIterator[Peer]:
    handlers = Handlers()
    server = grpc.aio.server(interceptors=recorder.telemetry.server_interceptors)
    unary, streams = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
    methods = {name: unary(getattr(handlers, name)) for name in ("answer", "refuse", "crash", "hang", "timed")}
    methods |= {name: streams(getattr(handlers, name)) for name in ("count", "endless")}
    methods["total"] = grpc.stream_unary_rpc_method_handler(handlers.total)
    methods["echo"] = grpc.stream_stream_rpc_method_handler(handlers.echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with recorder.telemetry.instrument_channel(grpc.aio.insecure_channel(f"127.0.0.1:{port}")) as channel:
        yield Peer(handlers, channel)
    await server.stop(0)


async def _pair(recorder: Recorder) -> tuple[SpanDict, SpanDict]:
    spans = await recorder.finished(3)
    return next(s for s in spans if s["kind"] == "CLIENT"), next(s for s in spans if s["kind"] == "SERVER")


async def test_a_call_is_a_client_span_over_a_server_span_in_one_trace(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        assert await peer.unary("answer") == b"x"

    spans = await recorder.finished(3)
    assert outline(spans) == f"request INTERNAL\n  {SERVICE}/answer CLIENT\n    {SERVICE}/answer SERVER"
    assert peer.handlers.seen == [spans[0]["trace_id"]]
    for traced in spans[1:]:
        assert traced["status"] == "UNSET"
        assert traced["attributes"] == {
            "rpc.system.name": "grpc",
            "rpc.method": f"{SERVICE}/answer",
            "rpc.response.status_code": "OK",
        }


async def test_a_refusal_is_the_clients_error_and_not_the_servers(recorder: Recorder, peer: Peer) -> None:
    with span("request"), pytest.raises(grpc.aio.AioRpcError, match="nothing here"):
        await peer.unary("refuse")

    client, server = await _pair(recorder)
    assert (client["status"], client["status_message"]) == ("ERROR", "nothing here")
    assert client["attributes"]["error.type"] == "NOT_FOUND"
    assert server["status"] == "UNSET"
    assert server["attributes"]["rpc.response.status_code"] == "NOT_FOUND"
    assert client["events"] == server["events"] == []


async def test_a_crash_is_an_error_at_both_ends_with_the_exception_told_once(recorder: Recorder, peer: Peer) -> None:
    with span("request"), pytest.raises(grpc.aio.AioRpcError):
        await peer.unary("crash")

    client, server = await _pair(recorder)
    assert client["status"] == server["status"] == "ERROR"
    assert client["attributes"]["error.type"] == server["attributes"]["error.type"] == "UNKNOWN"
    assert [event["attributes"]["exception.message"] for event in server["events"]] == ["broken"]
    assert client["events"] == []


async def test_a_deadline_is_kept_and_shows_at_both_ends(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        assert 2 < float(await peer.unary("timed", timeout=3)) <= 3.1
    recorder.clear()

    with span("request"), pytest.raises(grpc.aio.AioRpcError) as late:
        await peer.unary("hang", timeout=0.2)

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    client, server = await _pair(recorder)
    assert client["attributes"]["rpc.response.status_code"] == "DEADLINE_EXCEEDED"
    assert server["attributes"]["rpc.response.status_code"] == "DEADLINE_EXCEEDED"
    assert client["status"] == server["status"] == "ERROR"


async def test_cancelling_the_caller_cancels_the_handler_and_both_spans_say_so(recorder: Recorder, peer: Peer) -> None:
    async def call() -> None:
        with span("request"):
            await peer.unary("hang")

    task = asyncio.create_task(call())
    await asyncio.wait_for(peer.handlers.entered.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await asyncio.wait_for(peer.handlers.cancelled.wait(), 5)
    client, server = await _pair(recorder)
    assert client["attributes"]["rpc.response.status_code"] == "CANCELLED"
    assert server["attributes"]["rpc.response.status_code"] == "CANCELLED"
    assert client["status"] == "ERROR"
    assert server["status"] == "UNSET"


async def test_a_stream_is_one_span_and_its_handlers_spans_are_below_it(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        assert [answer async for answer in peer.stream("count")] == [b"0", b"1", b"2"]

    spans = await recorder.finished(6)
    server = next(s for s in spans if s["kind"] == "SERVER")
    steps = [s for s in spans if s["name"] == "step"]
    assert {step["parent_span_id"] for step in steps} == {server["span_id"]}
    assert all(step["end"] <= server["end"] for step in steps)
    assert server["attributes"]["rpc.response.status_code"] == "OK"


async def test_a_stream_that_the_client_leaves_ends_at_both_ends(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        call = peer.stream("endless")
        async for _ in call:
            call.cancel()
            break

    client, server = await _pair(recorder)
    assert client["attributes"]["rpc.response.status_code"] == "CANCELLED"
    assert server["attributes"]["rpc.response.status_code"] == "CANCELLED"


async def test_streams_of_requests_are_traced_and_unchanged(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        total = peer.channel.stream_unary(f"/{SERVICE}/total", None, None)
        echo = peer.channel.stream_stream(f"/{SERVICE}/echo", None, None)
        assert await total(iter([b"a", b"b"]), timeout=5) == b"2"
        assert [answer async for answer in echo(iter([b"a", b"b"]), timeout=5)] == [b"a", b"b"]

    spans = await recorder.finished(5)
    assert [s["kind"] for s in spans].count("SERVER") == 2


async def test_metadata_of_the_caller_arrives_beside_the_trace(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        call = peer.unary("answer", metadata=(("x-user", "ada"),))
        await call
        assert await call.code() is grpc.StatusCode.OK
    assert len(await recorder.finished(3)) == 3


async def test_health_checks_are_not_traced(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        stub = health_pb2_grpc.HealthStub(peer.channel)
        await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)

    assert [s["name"] for s in recorder.spans()] == ["request"]


@pytest.mark.parametrize("silent", [True, False])
async def test_a_poll_makes_no_span_at_either_end(recorder: Recorder, peer: Peer, *, silent: bool) -> None:
    """Neither a quiet call nor one that no trace has caused."""
    if silent:
        with span("loop"), quiet():
            await peer.unary("answer")
    else:
        await peer.unary("answer")
    with span("marker"):
        await peer.unary("answer")

    spans = await recorder.finished(3)
    assert {s["name"] for s in spans} <= {"loop", "marker", f"{SERVICE}/answer"}
    assert [s["kind"] for s in spans].count("SERVER") == 1


async def test_durations_are_measured_with_the_span_as_exemplar(recorder: Recorder, peer: Peer) -> None:
    with span("request"):
        await peer.unary("answer")
    spans = {s["kind"]: s for s in await recorder.finished(3)}

    points = recorder.points()
    for metric, kind in (("rpc.client.call.duration", "CLIENT"), ("rpc.server.call.duration", "SERVER")):
        wanted = {
            "rpc.system.name": "grpc",
            "rpc.method": f"{SERVICE}/answer",
            "rpc.response.status_code": "OK",
        }
        point = next(point for point in points[metric] if point.attributes == wanted)
        assert point.count >= 1
        assert 0 < point.max < 5
        assert int(spans[kind]["span_id"], 16) in {exemplar.span_id for exemplar in point.exemplars}
