"""The service as a process: how it starts, what it never loads, how it ends."""

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from services.collab.tests.integration.pages import until
from services.collab.tests.integration.stack import Instance, Store, World

Token = Callable[..., str]
Start = Callable[[Store], Instance]

TELLS_WHAT_IT_HAS_LOADED = """
import atexit, runpy, sys
atexit.register(lambda: print("LOADED", *sorted(name for name, module in sys.modules.items() if module), flush=True))
runpy.run_module("codex_collab", run_name="__main__", alter_sys=True)
"""


class Collector:
    """Listens where telemetry would go, and counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self.port = 0

    async def visit(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    collector = Collector()
    server = await asyncio.start_server(collector.visit, "127.0.0.1", 0)
    collector.port = server.sockets[0].getsockname()[1]
    async with server:
        yield collector


async def test_nothing_of_opentelemetry_is_loaded_and_nothing_is_sent(
    store: Store, start: Start, token: Token, collector: Collector
) -> None:
    assert importlib.util.find_spec("opentelemetry.sdk"), "where it isn't installed, this test would prove nothing"
    instance = start(store)
    told_to_trace = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        "OTEL_SERVICE_NAME": "collab-service",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
    }
    await instance.start("-c", TELLS_WHAT_IT_HAS_LOADED, variables=told_to_trace)
    world = World([instance], token)
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "bob") as bob:
        ada.type("not traced")
        await until(lambda: bob.text == "not traced")
    assert await instance.terminate() == 0

    loaded = next(line for line in instance.log.read_text().splitlines() if line.startswith("LOADED")).split()
    assert "redis" in loaded
    assert "starlette" in loaded
    assert [name for name in loaded if name.startswith(("opentelemetry", "codex_telemetry", "fastapi"))] == []
    assert collector.visits == 0


async def test_sigterm_sends_the_pages_elsewhere_and_ends_with_0(store: Store, start: Start, token: Token) -> None:
    world = World([start(store), start(store)], token)
    for instance in world.instances:
        await instance.start()
    session = await world.session()
    async with world.open(session, "ada") as ada, world.open(session, "eve", 1) as eve:
        ada.show_cursor(at=1)
        ada.type("the last words")
        await until(lambda: ada.doc.client_id in eve.cursors)
        began = asyncio.get_running_loop().time()
        status = await world.instances[0].terminate()

        assert status == 0
        assert asyncio.get_running_loop().time() - began < 3
        await until(lambda: ada.codes)
        assert ada.codes == [1012]
        await until(lambda: eve.text == "the last words" and not eve.others)
    assert await world.instances[1].terminate() == 0


async def test_a_setting_that_is_missing_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "codex_collab"),
        env={"CODEX_HTTP_ADDRES": "127.0.0.1:1"},
        cwd=tmp_path_factory.mktemp("nowhere"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 2
    assert b"CODEX_HTTP_ADDRES: not a setting of this service" in said
    assert b"CODEX_WEBSOCKET_URL: Field required" in said
