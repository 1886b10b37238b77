"""Starts the real programs with the shipped configuration, on free ports of this machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import httpx

from codex_tools.stack.environment import caller, clean

SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "observability"
T = TypeVar("T")
_SAMPLE: Final = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*?)\})? (?P<value>\S+)")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line of an exposition."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(url: str) -> list[Sample]:
    """What a program exposes to Prometheus."""
    text = httpx.get(url, headers={"Accept": "application/openmetrics-text;version=1.0.0"}, timeout=10).text
    found = (_SAMPLE.match(line) for line in text.splitlines())
    return [
        Sample(name=line["name"], labels=dict(_LABEL.findall(line["labels"] or "")), value=float(line["value"]))
        for line in found
        if line
    ]


def names(url: str) -> set[str]:
    """The names of all metrics that a program exposes to Prometheus."""
    return set(re.findall(r"^# TYPE (\w+) ", httpx.get(url, timeout=10).text, re.MULTILINE))


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_for(condition: Callable[[], T | None], *, within: float, what: str) -> T:
    """The first true answer; fails when there is none in time. An unreachable program counts as not yet."""
    end = time.monotonic() + within
    while True:
        try:
            answer = condition()
        except httpx.TransportError:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.1)


@contextmanager
def program(
    argv: Sequence[str], *, ready: str, log: Path, environment: Mapping[str, str] | None = None, folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that runs once ``ready`` answers with 200, and that is gone afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, cwd=folder, env={**clean(caller()), **(environment or {})}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: _answers(process, ready, log), within=60, what=f"{argv[0]} is ready: {log}")
        yield process
    finally:
        _end(process)


def _answers(process: "subprocess.Popen[bytes]", url: str, log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-3000:]
    return httpx.get(url, timeout=5).status_code == 200


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where traces go instead of Tempo: the platform's own store, which is asked as Tempo is."""

    folder: Path
    otlp: int
    http: int

    @contextmanager
    def up(self) -> Iterator["subprocess.Popen[bytes]"]:
        addresses = ["--otlp", f"127.0.0.1:{self.otlp}", "--http", f"127.0.0.1:{self.http}"]
        argv = [sys.executable, "-m", "codex_otlp_store", *addresses]
        with program(argv, ready=f"{self.url}/ready", log=self.folder / "store.log", folder=self.folder) as process:
            yield process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def spans(self, trace_id: str) -> int:
        """How many spans of a trace are there."""
        answer = httpx.get(f"{self.url}/api/v2/traces/{trace_id}", timeout=10)
        if answer.status_code == 404:
            return 0
        answer.raise_for_status()
        groups = answer.json()["trace"]["resourceSpans"]
        return sum(len(scope["spans"]) for group in groups for scope in group["scopeSpans"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """The collector with its shipped configuration files, the later ones over the first."""

    binary: Path
    folder: Path
    store: Store
    percentage: float
    files: Sequence[str] = ("collector.yaml",)
    loki: str = "http://127.0.0.1:9/otlp"
    ports: Sequence[int] = field(default_factory=lambda: free_ports(5))

    @contextmanager
    def up(self) -> Iterator["subprocess.Popen[bytes]"]:
        argv = [str(self.binary), *(f"--config={SHIPPED / file}" for file in self.files)]
        with program(
            argv,
            ready=f"http://127.0.0.1:{self.ports[3]}/",
            log=self.folder / "collector.log",
            environment=self._environment(),
            folder=self.folder,
        ) as process:
            yield process

    def _environment(self) -> dict[str, str]:
        grpc, http, scraped, health, own = self.ports
        return {
            "OTLP_GRPC_ENDPOINT": f"127.0.0.1:{grpc}",
            "OTLP_HTTP_ENDPOINT": f"127.0.0.1:{http}",
            "PROMETHEUS_ENDPOINT": f"127.0.0.1:{scraped}",
            "HEALTH_ENDPOINT": f"127.0.0.1:{health}",
            "OWN_METRICS_HOST": "127.0.0.1",
            "OWN_METRICS_PORT": str(own),
            "TEMPO_ENDPOINT": f"127.0.0.1:{self.store.otlp}",
            "LOKI_ENDPOINT": self.loki,
            "QUEUE_DIR": str(self.folder / "queue"),
            "SAMPLING_PERCENTAGE": str(self.percentage),
            "DECISION_WAIT": "1s",
        }

    @property
    def otlp(self) -> str:
        return f"127.0.0.1:{self.ports[0]}"

    @property
    def exposed(self) -> str:
        """Where Prometheus reads the services' measurements."""
        return f"http://127.0.0.1:{self.ports[2]}/metrics"

    def own(self, name: str, **labels: str) -> float:
        """The sum of one of its own measurements."""
        found = samples(f"http://127.0.0.1:{self.ports[4]}/metrics")
        return sum(each.value for each in found if each.name == name and labels.items() <= each.labels.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """Prometheus with its shipped configuration; only the files with its targets are of this machine."""

    binary: Path
    folder: Path
    collector: Collector
    loki: "Loki"
    port: int = field(default_factory=lambda: free_ports(1)[0])

    @contextmanager
    def up(self) -> Iterator["subprocess.Popen[bytes]"]:
        self._configure()
        argv = [
            str(self.binary / "prometheus"),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver",
            "--enable-feature=exemplar-storage",
        ]
        with program(argv, ready=f"{self.url}/-/ready", log=self.folder / "log", folder=self.folder) as process:
            yield process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _configure(self) -> None:
        (self.folder / "targets").mkdir()
        for name in ("prometheus.yml", "rules.yml"):
            (self.folder / name).write_text((SHIPPED / name).read_text())
        here = {
            "collector:9464": f"127.0.0.1:{self.collector.ports[2]}",
            "collector:8888": f"127.0.0.1:{self.collector.ports[4]}",
            "loki:3100": f"127.0.0.1:{self.loki.port}",
            "localhost:9090": f"127.0.0.1:{self.port}",
            "tempo:3200": "127.0.0.1:9",  # nobody: Tempo can't be had here
        }
        for file in (SHIPPED / "targets").iterdir():
            text = file.read_text()
            for name, address in here.items():
                text = text.replace(name, address)
            (self.folder / "targets" / file.name).write_text(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loki:
    """Loki with its shipped configuration."""

    binary: Path
    folder: Path
    ports: Sequence[int] = field(default_factory=lambda: free_ports(2))

    @contextmanager
    def up(self) -> Iterator["subprocess.Popen[bytes]"]:
        argv = [str(self.binary), f"-config.file={SHIPPED / 'loki.yaml'}", "-config.expand-env=true"]
        environment = {
            "LISTEN_HOST": "127.0.0.1",
            "HTTP_PORT": str(self.port),
            "GRPC_PORT": str(self.ports[1]),
            "DATA_DIR": str(self.folder / "data"),
        }
        with program(
            argv, ready=f"{self.url}/ready", log=self.folder / "log", environment=environment, folder=self.folder
        ) as process:
            yield process

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self, query: str) -> list[str]:
        """The log lines of the last hour that a query finds."""
        answer = httpx.get(f"{self.url}/loki/api/v1/query_range", params={"query": query, "limit": 100}, timeout=10)
        answer.raise_for_status()
        return [line for stream in answer.json()["data"]["result"] for _, line in stream["values"]]


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9: no time for a last word."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
