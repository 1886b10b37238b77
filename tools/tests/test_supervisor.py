"""What the supervisor promises about services, shown with the smallest processes that can listen on a port."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any

import psutil
import pytest
from rich.console import Console

from codex_tools.cli import restart
from codex_tools.stack import health, ports
from codex_tools.stack.errors import StackError
from codex_tools.stack.home import Home
from codex_tools.stack.part import Check, Note, Part, Recipe
from codex_tools.stack.progress import Progress
from codex_tools.stack.state import Addresses, Record, recorded
from codex_tools.stack.supervise import alone
from codex_tools.stack.supervisor import Plan, Supervisor
from codex_tools.testing import Stack, eventually

_SERVER = """
import http.server, signal, sys
def end(*_):
    with open("ended", "a") as file:
        print(sys.argv[1], file=file)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def home(stack: Stack) -> Home:
    stack.home.make()
    return stack.home


def _server(home: Home, name: str, *, store: bool = False, program: str = _SERVER) -> tuple[str, Recipe]:
    port = ports.choose((name,), {})[name]

    async def prepare(_: Note) -> Part:
        return Part(
            name=name,
            word=name,
            store=store,
            port=port,
            argv=(sys.executable, "-c", program, name, str(port)),
            environment={},
            folder=home.folder,
            healthy=health.http(f"http://127.0.0.1:{port}/"),
            patience=20,
        )

    return name, prepare


async def _ready() -> None:
    """Stand-ins are ready when each of them answers."""


def _plan(*services: tuple[str, Recipe], stores: tuple[tuple[str, Recipe], ...] = (), farewell: str = "") -> Plan:
    addresses = Addresses(gateway=None, collab=None, traces=None, otlp=None)
    return Plan(addresses=addresses, stores=stores, services=services, ready=_ready, farewell=tuple(farewell.split()))


@asynccontextmanager
async def _supervised(stack: Stack, plan: Plan) -> AsyncIterator[dict[str, Any]]:
    """A running plan, and its document once everything in it answers."""
    stop, progress = asyncio.Event(), Progress(stack.home.progress_file)
    task = asyncio.create_task(Supervisor(stack.home, plan, progress).run(stop))
    try:
        await eventually(lambda: '"ready"' in stack.home.progress_file.read_text(), 20)
        yield stack.document()
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def test_a_killed_service_is_back_on_its_port_within_two_seconds(stack: Stack, home: Home) -> None:
    async with _supervised(stack, _plan(_server(home, "one"))) as document:
        before = document["services"]["one"]

        os.kill(before["pid"], signal.SIGKILL)

        await eventually(lambda: stack.document()["services"]["one"]["pid"] != before["pid"], 2)
        answers = health.http(f"http://127.0.0.1:{before['port']}/")
        await _until(answers, 2)
        assert stack.document()["services"]["one"]["port"] == before["port"]


async def test_a_service_that_is_back_counts_as_running_once_it_answers(stack: Stack, home: Home) -> None:
    late = "import os, time\nwhile os.path.exists('ended') and not os.path.exists('go'): time.sleep(0.01)\n" + _SERVER

    async with _supervised(stack, _plan(_server(home, "one", program=late))) as document:
        os.kill(document["services"]["one"]["pid"], signal.SIGTERM)
        await eventually(lambda: _one(home).process is not None and _one(home).restarts == 1, 5)
        assert _one(home).state == "starting"

        (home.folder / "go").touch()
        await eventually(lambda: _one(home).state == "running", 5)


def _one(home: Home) -> Record:
    return next(record for record in recorded(home) if record.name == "one")


async def test_a_restart_replaces_one_process_after_another(stack: Stack, home: Home) -> None:
    names = ("a-service", "b-service", "b-service-2")

    async with _supervised(stack, _plan(*(_server(home, name) for name in names))) as before:
        status, text = await _restart(home, "b", "a")
        after = stack.document()

    assert status == 0
    assert (home.folder / "ended").read_text().split()[:3] == ["b-service", "b-service-2", "a-service"]
    for name in names:
        assert f"pid {before['services'][name]['pid']} -> {after['services'][name]['pid']}" in text


async def test_one_process_of_several_can_be_restarted(stack: Stack, home: Home) -> None:
    async with _supervised(stack, _plan(_server(home, "b-service"), _server(home, "b-service-2"))) as before:
        assert (await _restart(home, "b-2"))[0] == 0
        after = stack.document()

    assert after["services"]["b-service"]["pid"] == before["services"]["b-service"]["pid"]
    assert after["services"]["b-service-2"]["pid"] != before["services"]["b-service-2"]["pid"]


async def test_a_restart_stops_at_the_first_that_does_not_come_back(
    stack: Stack, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "_WITHIN", 2)
    once = "import os\nif os.path.exists('ended'): raise SystemExit('no second time')\n" + _SERVER
    services = (_server(home, "a-service", program=once), _server(home, "b-service"))

    async with _supervised(stack, _plan(*services)) as before:
        with pytest.raises(StackError, match="a-service was not back within 2 s") as failure:
            await _restart(home, "a", "b")
        assert stack.document()["services"]["b-service"]["pid"] == before["services"]["b-service"]["pid"]

    assert failure.value.log is not None
    assert "no second time" in failure.value.log.read_text()


async def test_a_restart_of_what_does_not_run_says_what_does(stack: Stack, home: Home) -> None:
    async with _supervised(stack, _plan(_server(home, "a-service"))):
        with pytest.raises(StackError, match="No c-service runs here; there are: a-service"):
            await _restart(home, "c")


async def _restart(home: Home, *services: str) -> tuple[int, str]:
    """What the command returns and prints."""
    out = Console(file=StringIO(), width=120)
    with alone(home):
        status = await asyncio.to_thread(restart.restart, home, services, out)
    assert isinstance(out.file, StringIO)
    return status, out.file.getvalue()


async def test_the_pid_in_the_file_is_the_service_itself(stack: Stack, home: Home) -> None:
    async with _supervised(stack, _plan(_server(home, "one"))) as document:
        command = psutil.Process(document["services"]["one"]["pid"]).cmdline()
        assert command[0] == sys.executable


async def test_services_end_in_order_and_stores_after_them(stack: Stack, home: Home) -> None:
    services = [_server(home, name) for name in ("first", "second", "third")]
    stores = (_server(home, "traces", store=True), _server(home, "database", store=True))

    async with _supervised(stack, _plan(*services, stores=stores, farewell="third first second")):
        pass

    assert (home.folder / "ended").read_text().split() == ["third", "first", "second", "traces", "database"]
    assert stack.processes() == []
    assert not home.stack_file.exists()


async def test_a_service_that_can_not_start_takes_everything_down_and_says_why(stack: Stack, home: Home) -> None:
    broken = _server(home, "broken", program="raise SystemExit('no such setting')")
    plan = _plan(broken, _server(home, "sound"), stores=(_server(home, "database", store=True),))

    with pytest.raises(StackError, match="broken ends as soon as it is started") as failure:
        await Supervisor(home, plan, Progress(home.progress_file)).run(asyncio.Event())

    assert failure.value.log is not None
    assert "no such setting" in failure.value.log.read_text()
    assert stack.processes() == []


async def test_a_service_that_ignores_sigterm_is_killed_with_its_children(stack: Stack, home: Home) -> None:
    deaf = _SERVER.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    child = "import subprocess; subprocess.Popen(['sleep', '600'])\n"

    async with _supervised(stack, _plan(_server(home, "deaf", program=child + deaf))):
        assert len(stack.processes()) == 2

    assert stack.processes() == []


async def test_a_log_that_has_grown_large_is_begun_anew(stack: Stack, home: Home) -> None:
    home.log_of("one").write_bytes(b"x" * (21 << 20))

    async with _supervised(stack, _plan(_server(home, "one"))):
        assert home.log_of("one").stat().st_size < 1 << 20

    assert home.log_of("one").with_suffix(".log.1").stat().st_size == 21 << 20


async def _until(check: Check, within: float) -> None:
    async with asyncio.timeout(within):
        while True:
            try:
                await check()
            except StackError:
                await asyncio.sleep(0.02)
            else:
                return
