"""What the collector has taken is not lost: neither when nobody takes it, nor when it is killed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observability.running import Collector, Store, free_ports, kill, wait_for
from tests.observability.sending import SPANS, Sent, send

TRACES = 30


@pytest.fixture
def store(tmp_path: Path) -> Store:
    otlp, http = free_ports(2)
    return Store(folder=tmp_path, otlp=otlp, http=http)


@pytest.fixture
def collector(collector_binary: Path, store: Store, tmp_path: Path) -> Collector:
    return Collector(binary=collector_binary, folder=tmp_path, store=store, percentage=100)


def test_traces_of_an_outage_arrive_after_it(store: Store, collector: Collector) -> None:
    with collector.up():
        sent = _send_into_the_queue(collector)
        with store.up():
            _all_arrive(store, sent)


def test_traces_of_an_outage_survive_a_killed_collector(store: Store, collector: Collector) -> None:
    with collector.up() as process:
        sent = _send_into_the_queue(collector)
        kill(process)
    with store.up(), collector.up():
        _all_arrive(store, sent)


def _send_into_the_queue(collector: Collector) -> Sent:
    """All are on disk when this returns: the batch processor holds nothing back for longer than a second."""
    sent = send(collector.otlp, TRACES, seed=3)
    held = _held(collector)
    wait_for(lambda: next(held), within=20, what="the queue has not grown for two seconds")
    return sent


def _held(collector: Collector) -> Iterator[bool]:
    size, since = 0.0, time.monotonic()
    while True:
        now = collector.own("otelcol_exporter_queue_size", exporter="otlp_grpc/tempo")
        if now != size:
            size, since = now, time.monotonic()
        yield size > 0 and time.monotonic() - since > 2


def _all_arrive(store: Store, sent: Sent) -> None:
    wait_for(
        lambda: all(store.spans(trace_id) == SPANS for trace_id in sent.traces),
        within=40,
        what=f"all {TRACES} traces are whole in the store",
    )
