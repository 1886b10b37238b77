"""A store's disk has no byte left: what comes back by itself when there is room again."""

import json
from contextlib import suppress
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from codex_testing.waiting import eventually
from tests.chaos.stack import Stack, running
from tests.e2e.client import Platform
from tests.e2e.programs import TWO_SUM

BACK_WITHIN = 30


async def test_after_a_full_disk_of_mongo_programs_are_judged_again_without_help() -> None:
    async with running() as stack:
        if "mongo" not in stack.disks:
            pytest.skip("a tmpfs may not be mounted here")
        platform = Platform(stack.gateway, stack.traces)
        ada = await platform.sign_up()
        earlier = await platform.judged(ada, TWO_SUM)
        broken = stack.process("mongo")

        await _break(stack)

        await eventually(lambda: stack.process("mongo") not in {broken, None}, within=BACK_WITHIN)
        later = await eventually(lambda: platform.judged(ada, TWO_SUM), within=BACK_WITHIN)
        listed = (await platform.get(ada, "/api/v1/user/submissions")).json()["items"]
        assert {earlier["id"], later["id"]} <= {one["id"] for one in listed}
        await platform.close()


async def _break(stack: Stack) -> None:
    """Write to a full disk until nothing can be read either: that is when the storage engine's log needs a new file."""
    uri = json.loads(stack.home.stack_file.read_text())["mongo"]
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri, timeoutMS=5000)
    try:
        large = client.get_default_database()["large"]
        await _write(large)
        stack.disks["mongo"].fill()
        await eventually(lambda: _is_broken(large), within=BACK_WITHIN)
    finally:
        stack.disks["mongo"].free()
        await client.close()


async def _is_broken(large: AsyncCollection[dict[str, Any]]) -> bool:
    with suppress(OperationFailure):
        await _write(large)
    try:
        await large.find_one()
    except OperationFailure:
        return True
    return False


async def _write(large: AsyncCollection[dict[str, Any]]) -> None:
    await large.insert_many([{"text": "x" * 100_000} for _ in range(20)])
