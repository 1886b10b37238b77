"""How a service starts and ends, as whoever runs it sees it."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import grpc
import pytest

from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceStub
from codex_testing.services import free_address

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]
Ended = Callable[["Process"], Awaitable[tuple[int | None, str]]]
Said = Callable[["Process", str], Awaitable[str]]

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@BOTH
async def test_a_call_that_runs_may_end_before_the_service_does(
    run: Run, said: Said, ended: Ended, number: signal.Signals
) -> None:
    address = free_address()
    process = await run("little", CODEX_GRPC_ADDRESS=address)
    await said(process, "serving")
    async with grpc.aio.insecure_channel(address) as channel:
        call = UserServiceStub(channel).GetProfile(pb.GetProfileRequest(user_id="0.5"))
        asking = asyncio.ensure_future(call)
        await said(process, "called")

        process.send_signal(number)

        assert (await asking).submissions == 1
    status, words = await ended(process)
    assert status == 0
    assert "stopping" in words
    assert words.splitlines()[-1] == "closed"


async def test_a_call_that_takes_too_long_is_cut_off_when_the_grace_is_over(run: Run, said: Said, ended: Ended) -> None:
    address = free_address()
    process = await run("little", CODEX_GRPC_ADDRESS=address, CODEX_SHUTDOWN_GRACE="0.2")
    await said(process, "serving")
    async with grpc.aio.insecure_channel(address) as channel:
        call = UserServiceStub(channel).GetProfile(pb.GetProfileRequest(user_id="3600"))
        asking = asyncio.ensure_future(call)
        await said(process, "called")

        process.send_signal(signal.SIGTERM)

        with pytest.raises(grpc.aio.AioRpcError):
            await asking
    assert (await ended(process))[0] == 0


@BOTH
async def test_a_service_that_is_still_building_ends_at_once(
    run: Run, said: Said, ended: Ended, number: signal.Signals
) -> None:
    process = await run("little", CODEX_GRPC_ADDRESS="127.0.0.1:0", CODEX_BUILDING="takes for ever")
    await said(process, "building")

    process.send_signal(number)

    assert (await ended(process))[0] == 0


async def test_a_start_that_fails_is_logged_and_ends_with_1(run: Run, ended: Ended) -> None:
    status, words = await ended(await run("little", CODEX_GRPC_ADDRESS="127.0.0.1:0", CODEX_BUILDING="fails"))

    assert status == 1
    line = json.loads(words.splitlines()[-1])
    assert (line["event"], line["level"], line["service"]) == ("service failed", "error", "little-service")
    assert "there is no ground to build on" in line["exception"]


async def test_an_address_that_is_taken_is_a_start_that_fails(run: Run, said: Said, ended: Ended) -> None:
    address = free_address()
    await said(await run("little", CODEX_GRPC_ADDRESS=address), "serving")

    status, words = await ended(await run("little", CODEX_GRPC_ADDRESS=address))

    assert status == 1
    assert address in words


async def test_every_line_of_the_log_is_json_with_the_services_name(run: Run, said: Said) -> None:
    process = await run("little", CODEX_GRPC_ADDRESS=free_address())

    lines = [line for line in (await said(process, "serving")).splitlines() if not line.startswith("building")]

    assert {json.loads(line)["service"] for line in lines} == {"little-service"}
    assert [json.loads(line)["event"] for line in lines] == ["listening", "serving"]
