"""``codex load`` against a gateway that misbehaves at will: what the tool must not miss, or must not blame on it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from codex_tools.cli import main
from codex_tools.load.api import Api
from codex_tools.load.arrivals import Chance
from codex_tools.load.client import Address, Pool
from codex_tools.load.driver import Driver
from codex_tools.load.ledger import Ledger
from codex_tools.load.operations import Operation, Place, Visit
from codex_tools.load.people import Person
from codex_tools.load.programs import Shelf
from codex_tools.testing import Outcome

_USER = "/api/v1/user"
_DONE = {"id": "s1", "status": "done", "verdict": "AC", "trace_id": "t"}
_EVENTS = f"event: state\ndata: {{}}\n\nid: 7\nevent: verdict\ndata: {json.dumps(_DONE)}\n\n".encode()


@dataclass(slots=True)
class Gateway:
    """Answers everything at once with 200, and calls every program right, unless it is told otherwise."""

    url: str = ""
    token_life: float = 900.0
    profile: tuple[int, dict[str, str], Any] = (200, {}, {})
    stall_at: int = -1
    stall: float = 0.0
    profiles: int = 0
    refused: int = 0
    refreshed: int = 0
    _open_at: float = 0.0
    _tokens: dict[str, float] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                await reader.readexactly(int(fields.get("Content-Length", "0")))
                path = head.split()[1].partition("?")[0]
                if path.endswith("/events"):
                    await self._stream(writer)
                else:
                    writer.write(_response(*await self._answer(path, fields)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(  # noqa: PLR0911  (a route, an answer)
        self, path: str, fields: Mapping[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        match path.removeprefix(_USER):
            case "/auth/signup" | "/auth/refresh" as route:
                self.refreshed += route == "/auth/refresh"
                return 200, {}, self._session()
            case "/api/v1/public/languages":
                return 200, {}, [{"id": "python"}]
            case "/api/v1/public/problems":
                return 200, {}, {"items": [{"slug": "echo"}]}
            case "/openapi.json":
                return 200, {}, {"paths": {f"{_USER}/submissions/{{id}}/events": {}}}
            case "/submit" | "/run":
                pending = fields.get("Prefer") == "respond-async"
                return (202, {}, {"id": "s1", "status": "pending"}) if pending else (200, {}, _DONE)
            case "/profile":
                return await self._profile(fields["Authorization"].removeprefix("Bearer "))
            case _:
                return 200, {}, _DONE

    async def _profile(self, token: str) -> tuple[int, dict[str, str], Any]:
        self.profiles += 1
        if self.profiles == self.stall_at:
            self._open_at = time.monotonic() + self.stall
        await asyncio.sleep(max(0.0, self._open_at - time.monotonic()))
        if time.monotonic() > self._tokens[token]:
            return 401, {}, {"code": "unauthenticated"}
        if self.refused > 0:
            self.refused -= 1
            return 429, {"Retry-After": "1"}, {}
        return self.profile

    def _session(self) -> dict[str, Any]:
        token = f"t{len(self._tokens)}"
        self._tokens[token] = time.monotonic() + self.token_life
        return {"access_token": token, "refresh_token": "r", "expires_in": self.token_life}

    @staticmethod
    async def _stream(writer: asyncio.StreamWriter) -> None:
        """Chunks that end anywhere but where a line ends."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(_EVENTS), 7):
            piece = _EVENTS[start : start + 7]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")


def _response(status: int, fields: Mapping[str, str], body: Any) -> bytes:
    content = json.dumps(body).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(content)}\r\n\r\n".encode() + content


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The command line in a folder in which no stack ever runs; in a thread, so that the gateway goes on."""

    folder: Path
    output: pytest.CaptureFixture[str]

    async def load(self, *words: str) -> Outcome:
        status = await asyncio.to_thread(main, ["load", *words])
        return Outcome(status=status, text=self.output.readouterr().out)


@pytest.fixture
def tool(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tool:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    return Tool(folder=tmp_path, output=capsys)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield gateway
    server.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    outcome: Outcome
    data: dict[str, Any]
    page: str

    @property
    def all(self) -> dict[str, Any]:
        total: dict[str, Any] = self.data["operations"]["all"]
        return total


async def _load(tool: Tool, gateway: Gateway, *words: str, mix: str = "watch.profile=1") -> Run:
    files = [tool.folder / "load.json", tool.folder / "load.html"]
    written = ["--json", str(files[0]), "--report", str(files[1])]
    usual = ["--gateway", gateway.url, "--people", "2", "--warm-up", "0.5", "--mix", mix]
    outcome = await tool.load(*usual, *written, *words)
    assert all(file.exists() for file in files), outcome.text
    return Run(outcome=outcome, data=json.loads(files[0].read_text()), page=files[1].read_text())


async def test_a_second_without_answers_is_in_the_percentiles_of_everybody_who_came_meanwhile(
    tool: Tool, gateway: Gateway
) -> None:
    gateway.stall_at, gateway.stall = 100, 1.0

    run = await _load(tool, gateway, "--rate", "100", "--seconds", "2.5", "--expect", "p99=500ms")

    assert run.all["latency"]["p90"] > 0.5
    assert 0.9 < run.all["latency"]["p99"] < 1.5
    assert (run.outcome.status, "MISS p99=500ms" in run.outcome.text) == (1, True)


async def test_latency_counts_from_when_somebody_was_due_also_where_the_tool_itself_was_late() -> None:
    async def act(_: Visit) -> None:
        time.sleep(0.3 if not ledger.operations["x"].arrivals else 0)  # noqa: ASYNC251  (the loop is to stand still)

    ledger = Ledger(warm_up=0, seconds=1)
    place = Place(api=Api(Pool(Address.of("http://127.0.0.1:1"))), slugs=(), shelf=Shelf({"python"}))
    person = Person(country="DE", token="", refresh_token="", renew_at=0)
    chance = Chance([Operation(name="x", weight=1, act=act)], 1, 1)

    await Driver(place, [person], ledger, patience=1).open_loop(chance.poisson(200, 0, 0.3), max_in_flight=10)

    assert ledger.operations["x"].latencies.percentile(50) > 0.1
    assert ledger.lags.percentile(50) > 0.1


async def test_a_closed_loop_says_that_it_is_one_because_it_would_not_notice(tool: Tool, gateway: Gateway) -> None:
    gateway.stall_at, gateway.stall = 150, 0.5

    run = await _load(tool, gateway, "--clients", "1", "--warm-up", "0", "--seconds", "1.5", "--expect", "p99=300ms")

    assert (run.outcome.status, run.all["latency"]["max"] > 0.4) == (0, True)
    assert run.data["loop"] == "closed loop, 1 clients"


async def test_every_arrival_is_accounted_for_also_those_that_were_not_sent(tool: Tool, gateway: Gateway) -> None:
    gateway.stall_at, gateway.stall = 60, 0.8

    run = await _load(tool, gateway, "--rate", "80", "--seconds", "2", "--max-in-flight", "5")

    endings = ("done", "wrong", "refused", "fault", "timeout", "not_sent")
    assert run.all["not_sent"] > 20
    assert run.all["arrivals"] == sum(run.all[ending] for ending in endings)
    assert run.all["arrivals"] == sum(second["due"] for second in run.data["timeline"] if second["second"] >= 0)


async def test_the_same_seed_brings_the_same_arrivals(tool: Tool, gateway: Gateway) -> None:
    words = ("--rate", "60", "--seconds", "1", "--seed")
    runs = [await _load(tool, gateway, *words, seed, mix="browse,watch") for seed in ("5", "5", "6")]

    first, again, other = ({name: tally["arrivals"] for name, tally in run.data["operations"].items()} for run in runs)

    assert first == again != other


async def test_a_verdict_that_a_program_does_not_deserve_is_found(tool: Tool, gateway: Gateway) -> None:
    run = await _load(tool, gateway, "--rate", "60", "--seconds", "1", "--expect", "wrong=0", mix="run,submit")

    assert run.all["wrong"] > 5
    assert run.all["done"] > 5
    assert (run.outcome.status, "AC instead of WA: two-sum in python" in run.outcome.text) == (1, True)
    assert run.data["operations"]["submit.events"]["fault"] == 0


async def test_being_refused_is_no_fault(tool: Tool, gateway: Gateway) -> None:
    gateway.refused = 10_000

    run = await _load(tool, gateway, "--rate", "40", "--seconds", "1", "--expect", "faults=0")

    assert (run.outcome.status, run.all["refused"]) == (0, run.all["arrivals"])
    assert run.all["latency"]["max"] == 0


async def test_who_is_refused_comes_again_when_told_to_and_has_waited_all_that_time(
    tool: Tool, gateway: Gateway
) -> None:
    gateway.refused = 60

    run = await _load(tool, gateway, "--rate", "40", "--seconds", "1", "--retry")

    assert (run.all["done"], run.data["retries"]) == (run.all["arrivals"], 60)
    assert run.all["latency"]["p50"] > 0.98


async def test_no_answer_in_time_is_a_fault_that_counts_in_the_percentiles(tool: Tool, gateway: Gateway) -> None:
    gateway.stall_at, gateway.stall = 1, 4.0

    run = await _load(tool, gateway, "--rate", "20", "--seconds", "1", "--patience", "0.7")

    assert run.all["timeout"] == run.all["arrivals"]
    assert run.all["latency"]["p50"] == pytest.approx(0.7, rel=0.2)


async def test_sessions_are_renewed_before_they_end(tool: Tool, gateway: Gateway) -> None:
    gateway.token_life = 1.0

    run = await _load(tool, gateway, "--rate", "30", "--seconds", "2.5", "--expect", "faults=0")

    assert run.outcome.status == 0, run.outcome.text
    assert gateway.refreshed > 2


async def test_the_report_is_one_well_formed_file_with_all_data_whatever_a_server_says(
    tool: Tool, gateway: Gateway
) -> None:
    gateway.profile = (500, {}, {"code": "</script><img src=http://127.0.0.1/x>"})

    run = await _load(tool, gateway, "--rate", "30", "--seconds", "2", mix="watch")

    reader = _Reader()
    reader.feed(run.page)
    assert json.loads(reader.data) == run.data
    assert (reader.open, reader.references) == ([], [])
    drawings = [f"<svg{part.partition('</svg>')[0]}</svg>" for part in run.page.split("<svg")[1:]]
    assert [len(ET.fromstring(drawing).findall("g")) for drawing in drawings] == [3, 1, 2, 4]
    assert "url(" not in run.page


class _Reader(HTMLParser):
    """Which elements are open, what they refer to, and the data."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str | None] = []
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [value for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data += data if self.open[-1:] == ["script"] else ""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--gateway", "http://192.0.2.1"), "--allow-remote"),
        (("--gateway", "http://127.0.0.1:1"), "ConnectionRefused"),
        (("--mix", "sleep=1", "--gateway", "http://127.0.0.1:1"), "nothing to do is called sleep"),
        ((), "No stack runs"),
    ],
)
async def test_what_cannot_be_loaded_is_said_in_one_sentence(tool: Tool, words: tuple[str, ...], reason: str) -> None:
    outcome = await tool.load(*words)
    assert (outcome.status, reason in outcome.text, "Traceback" in outcome.text) == (1, True, False)
