"""Calls between services: errors, deadlines, restarts, health."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1 import user_service_pb2_grpc as rpc
from codex_service import UNTRACED
from codex_service.background import Background
from codex_service.errors import Conflict, DependencyUnavailable, InvalidRequest, NotFound, RemoteError, ServiceError
from codex_service.grpc.client import connect, ping
from codex_service.grpc.deadline import time_left
from codex_service.grpc.errors import Outages, from_rpc_error
from codex_service.grpc.server import Context, GrpcServer
from codex_service.health import Readiness
from codex_testing.services import free_address, refusal
from codex_testing.waiting import eventually

Handler = Callable[[], Awaitable[object]]
REPEATABLE = ("codex.authuser.v1.UserService",)


class Callee(rpc.UserServiceServicer):
    """Does for every GetProfile what the test wants."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def GetProfile(self, request: pb.GetProfileRequest, context: Context) -> pb.GetProfileResponse:  # noqa: ARG002, N802
        await self._handler()
        return pb.GetProfileResponse(submissions=1)


@asynccontextmanager
async def served(handler: Handler, address: str, readiness: Readiness | None = None) -> AsyncIterator[None]:
    server = GrpcServer(
        address,
        [partial(rpc.add_UserServiceServicer_to_server, Callee(handler))],  # type: ignore[abstract]  # one call is enough
        readiness=readiness or Readiness({}),
        telemetry=UNTRACED,
        outages=Outages(ConnectionRefusedError),
        tls=None,
    )
    await server.start()
    try:
        yield
    finally:
        await server.stop(0)


def connected(address: str, *repeatable: str) -> AbstractAsyncContextManager[grpc.aio.Channel]:
    return connect(address, telemetry=UNTRACED, tls=None, repeatable=repeatable)


async def ask(channel: grpc.aio.Channel, timeout: float = 5.0) -> int:
    answer = await rpc.UserServiceStub(channel).GetProfile(pb.GetProfileRequest(), timeout=timeout)
    return answer.submissions


def raising(error: Exception) -> Handler:
    async def handler() -> None:
        raise error

    return handler


async def nothing() -> None: ...


async def turned_away(address: str, times: int) -> None:
    """Returns when that many attempts to connect have come to nothing."""
    attempts: list[object] = []

    def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(writer)
        writer.close()

    host, _, port = address.rpartition(":")
    async with await asyncio.start_server(turn_away, host, int(port)):
        await eventually(lambda: len(attempts) >= times)


@pytest.mark.parametrize(
    "error",
    [
        NotFound("no user 7"),
        Conflict("taken", field="username"),
        InvalidRequest("too long", field="code"),
        DependencyUnavailable("the store is down"),
        RemoteError("no submission 7", code="submission_not_found", status=grpc.StatusCode.NOT_FOUND),
    ],
)
async def test_an_error_arrives_with_its_code_status_field_and_words(error: ServiceError) -> None:
    async with served(raising(error), address := free_address()), connected(address) as channel:
        received = await refusal(ask(channel))

    assert isinstance(received, RemoteError)
    assert (received.code, received.status, received.field) == (error.code, error.status, error.field)
    assert received.message == error.message


async def test_an_error_passes_through_a_service_in_between_unchanged() -> None:
    async with served(raising(Conflict("taken", field="email")), inner := free_address()), connected(inner) as within:

        async def forward() -> None:
            await ask(within)

        async with served(forward, outer := free_address()), connected(outer) as channel:
            received = await refusal(ask(channel))

    assert (received.code, received.field, received.message) == ("conflict", "email", "taken")
    assert received.status is grpc.StatusCode.ALREADY_EXISTS


async def test_an_unforeseen_error_says_nothing_outside() -> None:
    failing = raising(ZeroDivisionError("secret of 10.0.0.7"))
    async with served(failing, address := free_address()), connected(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await ask(channel)

    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert failed.value.details() == "an internal error"
    assert "secret" not in repr(failed.value)
    assert from_rpc_error(failed.value).code == "internal"


async def test_a_driver_that_finds_its_store_down_is_an_outage() -> None:
    failing = raising(ConnectionRefusedError("10.0.0.7 refused"))
    async with served(failing, address := free_address()), connected(address) as channel:
        received = await refusal(ask(channel))

    assert (received.code, received.status) == ("dependency_unavailable", grpc.StatusCode.UNAVAILABLE)
    assert "10.0.0.7" not in received.message


async def test_a_service_that_is_not_there_is_an_outage() -> None:
    async with connected(free_address()) as channel:
        received = await refusal(ask(channel))

    assert isinstance(received, DependencyUnavailable)


async def test_deadlines_shrink_along_a_chain() -> None:
    left: list[float] = []

    async def measure() -> None:
        left.append(time_left(60.0))

    async with served(measure, inner := free_address()), connected(inner) as within:

        async def forward() -> None:
            left.append(time_left(60.0))
            await asyncio.sleep(0.3)
            await ask(within, timeout=time_left(60.0))

        async with served(forward, outer := free_address()), connected(outer) as channel:
            await ask(channel, timeout=2.0)

    first, second = left
    assert 0 < second < first - 0.2 < 2.0


async def test_a_call_gets_no_more_time_than_it_may_have() -> None:
    left: list[float] = []

    async def measure() -> None:
        left.append(time_left(0.5))

    async with served(measure, address := free_address()), connected(address) as channel:
        await ask(channel, timeout=60.0)

    assert left == [0.5]
    assert time_left(60.0) == 60.0


async def test_a_chain_that_is_too_slow_ends_as_deadline_exceeded() -> None:
    cancelled = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async with served(slow, inner := free_address()), connected(inner) as within:

        async def forward() -> None:
            await ask(within, timeout=time_left(60.0))

        async with served(forward, outer := free_address()), connected(outer) as channel:
            received = await refusal(ask(channel, timeout=0.3))
            await eventually(cancelled.is_set)

    assert received.code == "deadline_exceeded"


async def test_work_beside_the_answer_is_not_cut_off_by_the_callers_deadline() -> None:
    left: list[float] = []
    answered = asyncio.Event()

    async def afterwards() -> None:
        await answered.wait()
        left.append(time_left(60.0))

    async with Background() as background:

        async def handler() -> None:
            background.spawn(afterwards(), "afterwards")

        async with served(handler, address := free_address()), connected(address) as channel:
            await ask(channel, timeout=0.5)
            answered.set()
            await eventually(lambda: left)

    assert left == [60.0]


async def test_work_beside_the_answer_may_end_when_its_owner_does() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        done.append("done")

    async with Background() as background:
        background.spawn(work(), "work")

    assert done == ["done"]


async def test_a_restarted_server_is_used_again_within_a_second_and_a_half() -> None:
    async with AsyncExitStack() as first_life:
        await first_life.enter_async_context(served(nothing, address := free_address()))
        async with connected(address) as channel:
            assert await ask(channel) == 1
            await first_life.aclose()
            await turned_away(address, 8)  # by now the pause between two attempts has its full length

            async with served(nothing, address):
                back = time.monotonic()
                assert await eventually(lambda: ask(channel), within=5) == 1

                assert time.monotonic() - back < 1.5


async def test_a_call_that_may_be_repeated_survives_a_restart() -> None:
    async with AsyncExitStack() as first_life:
        await first_life.enter_async_context(served(nothing, address := free_address()))
        async with connected(address, *REPEATABLE) as channel:
            assert await ask(channel) == 1
            await first_life.aclose()
            asking = [asyncio.create_task(ask(channel)) for _ in range(10)]
            await turned_away(address, 1)

            async with served(nothing, address):
                assert await asyncio.gather(*asking) == [1] * 10


async def test_a_call_that_must_not_be_repeated_is_not() -> None:
    calls: list[int] = []

    async def break_off() -> None:
        calls.append(1)
        await first_life.aclose()

    async with AsyncExitStack() as first_life:
        await first_life.enter_async_context(served(break_off, address := free_address()))
        async with connected(address) as channel:
            assert (await refusal(ask(channel))).code == "dependency_unavailable"

    assert calls == [1]


async def test_an_answer_is_final_also_when_it_says_that_a_store_is_down() -> None:
    calls: list[int] = []

    async def handler() -> None:
        calls.append(1)
        raise DependencyUnavailable("the store is down")

    async with served(handler, address := free_address()), connected(address, *REPEATABLE) as channel:
        await refusal(ask(channel))

    assert len(calls) == 1


async def test_health_follows_the_dependencies() -> None:
    up = True

    async def probe() -> None:
        if not up:
            raise ConnectionRefusedError

    async with (
        served(nothing, address := free_address(), Readiness({"store": probe})),
        connected(address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        assert (await health.Check(request)).status == health_pb2.HealthCheckResponse.SERVING
        await ping(channel)

        up = False
        assert (await health.Check(request)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(DependencyUnavailable):
            await ping(channel)

        up = True
        assert (await health.Check(request)).status == health_pb2.HealthCheckResponse.SERVING


async def test_a_dependency_that_does_not_answer_is_down() -> None:
    readiness = Readiness({"deaf": asyncio.Event().wait, "well": nothing}, timeout=0.1)

    assert await readiness.check() == {"deaf": False, "well": True}


async def test_calls_are_spread_over_a_list_of_addresses_and_go_on_when_one_of_them_ends() -> None:
    first, second = free_address(), free_address()
    asked: list[str] = []

    def noting(name: str) -> Handler:
        async def handler() -> None:
            asked.append(name)

        return handler

    async with served(noting("first"), first):
        async with served(noting("second"), second), connected(f"ipv4:{first},{second}", *REPEATABLE) as channel:
            await eventually(lambda: _asks(channel, until=lambda: {*asked} == {"first", "second"}))
        async with connected(f"ipv4:{first},{second}", *REPEATABLE) as channel:
            asked.clear()
            assert [await ask(channel) for _ in range(20)] == [1] * 20
            assert {*asked} == {"first"}


async def _asks(channel: grpc.aio.Channel, *, until: Callable[[], bool]) -> bool:
    await ask(channel)
    return until()
