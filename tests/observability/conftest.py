"""The real programs, where they have been got: ``python -m tests.observability.obtain``."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.observability import obtain
from tests.observability.running import Collector, Loki, Prometheus, Store, free_ports
from tests.observability.sending import Sent, send

TRACES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way from a service to whoever looks: everything is up and has taken what was sent."""

    store: Store
    collector: Collector
    prometheus: Prometheus
    loki: Loki


@pytest.fixture(scope="session")
def collector_binary() -> Path:
    return _got(obtain.COLLECTOR)


@pytest.fixture(scope="session")
def loki_binary() -> Path:
    return _got(obtain.LOKI)


@pytest.fixture(scope="session")
def prometheus_binaries() -> Path:
    try:
        return obtain.prometheus()
    except obtain.Missing as missing:
        pytest.skip(str(missing))


def _got(program: obtain.GoProgram) -> Path:
    try:
        path = program.cached()
    except obtain.Missing as missing:
        pytest.skip(str(missing))
    if not path.exists():
        pytest.skip(f"needs {program.name}, which takes minutes to build: python -m tests.observability.obtain")
    return path


@pytest.fixture(scope="session")
def line(
    collector_binary: Path, loki_binary: Path, prometheus_binaries: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    """All programs with the shipped configuration; the collector keeps a quarter."""
    with ExitStack() as stack:
        yield _line(stack, tmp_path_factory, (collector_binary, loki_binary, prometheus_binaries), 25)


@pytest.fixture(scope="session")
def whole_line(
    collector_binary: Path, loki_binary: Path, prometheus_binaries: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    """The same, and the collector keeps everything."""
    with ExitStack() as stack:
        yield _line(stack, tmp_path_factory, (collector_binary, loki_binary, prometheus_binaries), 100)


@pytest.fixture(scope="session")
def sent(line: Line) -> Sent:
    return send(line.collector.otlp, TRACES, seed=1)


def _line(
    stack: ExitStack, folders: pytest.TempPathFactory, binaries: tuple[Path, Path, Path], percentage: float
) -> Line:
    collector_binary, loki_binary, prometheus_binaries = binaries
    otlp, http = free_ports(2)
    store = Store(folder=folders.mktemp("store"), otlp=otlp, http=http)
    loki = Loki(binary=loki_binary, folder=folders.mktemp("loki"))
    collector = Collector(
        binary=collector_binary,
        folder=folders.mktemp("collector"),
        store=store,
        percentage=percentage,
        loki=f"{loki.url}/otlp",
    )
    prometheus = Prometheus(
        binary=prometheus_binaries, folder=folders.mktemp("prometheus"), collector=collector, loki=loki
    )
    for each in (store, loki, collector, prometheus):
        stack.enter_context(each.up())
    return Line(store=store, collector=collector, prometheus=prometheus, loki=loki)
