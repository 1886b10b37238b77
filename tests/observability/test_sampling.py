"""200 traces through the shipped configuration."""

from collections import Counter
from functools import partial
from pathlib import Path

import httpx

from tests.observability.conftest import TRACES, Line
from tests.observability.running import Collector, Sample, Store, free_ports, samples, wait_for
from tests.observability.sending import SERVICES, SPANS, Sent, send


def test_a_quarter_of_the_traces_is_kept_and_each_of_them_whole(line: Line, sent: Sent) -> None:
    kept = _sizes_once_all_are_there(line, sent)

    # 50 of 200 are expected; with 99.9 % confidence it is 30 to 70.
    assert 30 <= len(kept) <= 70
    assert set(kept.values()) == {SPANS}


def test_every_call_is_counted_whether_its_trace_is_kept_or_not(line: Line, sent: Sent) -> None:
    def counted() -> Counter[str]:
        counter: Counter[str] = Counter()
        for each in samples(line.collector.exposed):
            if each.name == "codex_spans_calls_total":
                counter[each.labels["service_name"]] += int(each.value)
        return counter

    def all_of_them() -> bool:
        return counted().total() == TRACES * SPANS

    wait_for(all_of_them, within=30, what=f"{TRACES * SPANS} calls are counted")
    assert counted()["code-execution-service"] == 2 * len(sent.traces)


def test_series_name_their_service_and_span_metrics_no_process_of_it(line: Line, sent: Sent) -> None:
    def found() -> list[Sample]:
        return [each for each in samples(line.collector.exposed) if each.name.startswith("codex_spans_")]

    series = wait_for(found, within=30, what="span metrics")

    assert {each.labels["service_name"] for each in series} <= set(SERVICES)
    assert {each.name for each in series} == {
        "codex_spans_calls_total",
        *(f"codex_spans_duration_seconds_{part}" for part in ("bucket", "count", "sum")),
    }
    assert not any(each.labels.keys() & {"instance", "service_instance_id", "collector_instance_id"} for each in series)
    assert len(sent.failed) == sum(
        each.value
        for each in series
        if each.name == "codex_spans_calls_total" and each.labels["status_code"] == "STATUS_CODE_ERROR"
    )


def test_a_log_line_is_found_by_its_trace(line: Line, sent: Sent) -> None:
    def line_of(trace_id: str) -> list[str]:
        return line.loki.lines(f'{{service_name="problem-service"}} | trace_id="{trace_id}"')

    for trace_id in sent.traces[::50]:
        found = wait_for(partial(line_of, trace_id), within=30, what="the line is in Loki")
        assert found == [f"found for {trace_id}"]


def test_an_exemplar_in_prometheus_is_the_id_of_a_trace_that_was_sent(line: Line, sent: Sent) -> None:
    found = wait_for(lambda: exemplars(line.prometheus.url), within=40, what="exemplars in Prometheus")

    assert found <= set(sent.traces)


def test_tail_sampling_keeps_every_trace_with_an_error(collector_binary: Path, tmp_path: Path) -> None:
    otlp, http = free_ports(2)
    store = Store(folder=tmp_path, otlp=otlp, http=http)
    files = ("collector.yaml", "collector-tail-sampling.yaml")
    collector = Collector(binary=collector_binary, folder=tmp_path, store=store, percentage=10, files=files)
    with store.up(), collector.up():
        sent = send(collector.otlp, TRACES, seed=2, every_failing=10)

        wait_for(
            lambda: all(store.spans(trace_id) == SPANS for trace_id in sent.failed),
            within=30,
            what="all 20 traces with an error are whole in the store",
        )
        kept = [trace_id for trace_id in sent.traces if store.spans(trace_id)]
        assert len(sent.failed) <= len(kept) < TRACES / 2


def exemplars(prometheus: str, query: str = "codex_spans_duration_seconds_bucket") -> set[str]:
    """The trace ids that Prometheus has for a metric."""
    answer = httpx.get(
        f"{prometheus}/api/v1/query_exemplars", params={"query": query, "start": 0, "end": 1 << 33}, timeout=10
    )
    return {exemplar["labels"]["trace_id"] for series in answer.json()["data"] for exemplar in series["exemplars"]}


def _sizes_once_all_are_there(line: Line, sent: Sent) -> dict[str, int]:
    """How many spans each kept trace has, when the collector has handed on all that it kept."""

    def is_done() -> bool:
        kept = line.collector.own("otelcol_processor_outgoing_items", processor="probabilistic_sampler")
        return kept > 0 and line.collector.own("otelcol_exporter_sent_spans") == kept

    wait_for(is_done, within=30, what="what was kept has been handed on")
    sizes = {trace_id: line.store.spans(trace_id) for trace_id in sent.traces}
    return {trace_id: size for trace_id, size in sizes.items() if size}
