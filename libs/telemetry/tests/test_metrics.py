"""Measurements as they leave the process."""

import random
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from codex_telemetry import metrics, span
from codex_telemetry.attributes import SUBMISSION_LANGUAGE as LANGUAGE
from codex_telemetry.histogram import Histogram
from codex_telemetry.measured import histograms
from codex_telemetry.testing import Recorder


def test_watched_values_are_those_of_the_moment_they_leave(recorder: Recorder) -> None:
    lag = {("code-result-topic", 0): 3}
    slots = {"free": 2, "busy": 0}
    metrics.watch_consumer_lag(lag, group="g")
    metrics.watch_sandbox_slots(slots)
    metrics.watch_connections("postgres", size=lambda: 5, idle=lambda: 2)
    lag["code-result-topic", 0] = 7
    slots["busy"] = 1

    points = recorder.points()

    assert [(point.value, dict(point.attributes)) for point in points["codex.kafka.consumer.lag"]] == [
        (
            7,
            {
                "messaging.destination.name": "code-result-topic",
                "messaging.destination.partition.id": "0",
                "messaging.consumer.group.name": "g",
            },
        )
    ]
    assert {point.attributes["codex.sandbox.state"]: point.value for point in points["codex.sandbox.slots"]} == slots
    connections = {
        point.attributes["db.client.connection.state"]: point.value for point in points["db.client.connection.count"]
    }
    assert connections == {"used": 3, "idle": 2}


def test_what_comes_from_outside_never_becomes_a_series_of_its_own(recorder: Recorder) -> None:
    for number in range(50):
        metrics.record_submission(0.3, language=f"made-up-{number}", verdict="AC")

    points = recorder.points()["codex.submission.duration"]
    assert {point.attributes["codex.submission.language"] for point in points} <= metrics.LANGUAGES | {"other"}


def test_retries_and_dead_letters_are_counted_by_topic(recorder: Recorder) -> None:
    metrics.retry_depth_of("code-execution-topic")(4)
    metrics.retry_depth_of("code-execution-topic")(1)
    metrics.count_dead_letter("code-execution-topic")

    points = recorder.points()
    assert [point.value for point in points["codex.retry.queue.depth"]] == [1]
    assert [point.value for point in points["codex.dead_letters"]] == [1]
    assert dict(points["codex.dead_letters"][0].attributes) == {"messaging.destination.name": "code-execution-topic"}


def test_a_program_that_a_limit_stopped_is_counted_by_language_and_limit(recorder: Recorder) -> None:
    metrics.record_queueing(0.2, kind="run")
    metrics.record_execution(2.0, language="python", guard="cpu")
    metrics.record_execution(0.1, language="made-up", guard="none")

    points = recorder.points()
    assert [dict(point.attributes) for point in points["codex.execution.queue.duration"]] == [
        {"codex.execution.kind": "run"}
    ]
    assert {tuple(point.attributes.values()) for point in points["codex.execution.duration"]} == {
        ("python", "cpu"),
        ("other", "none"),
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_histogram_of_ours_counts_as_one_of_the_sdk(recorder: Recorder, seed: int) -> None:
    assert recorder.telemetry.enabled
    r = random.Random(seed)
    bounds = (0.005, 0.01, 0.25, 1.0, 2.5)
    reader = InMemoryMetricReader()
    theirs = MeterProvider([reader]).get_meter("t").create_histogram("h", explicit_bucket_boundaries_advisory=bounds)
    ours = Histogram("test.histogram", "For comparison", bounds)
    for _ in range(100):
        value, attributes = r.choice([*bounds, r.expovariate(1)]), {"kind": r.choice("ab")}
        theirs.record(value, attributes)
        ours.record(value, attributes)

    data = reader.get_metrics_data()
    assert data is not None
    expected = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    (metric,) = [metric for metric in histograms() if metric.name == "test.histogram"]
    Histogram.all.remove(ours)
    assert [_counted(point) for point in metric.data.data_points] == [_counted(point) for point in expected]


def _counted(point: Any) -> dict[str, Any]:
    seen = {key: value for key, value in vars(point).items() if "time" not in key and key != "exemplars"}
    return {**seen, "attributes": dict(point.attributes), "explicit_bounds": tuple(point.explicit_bounds)}


def test_each_bucket_remembers_its_latest_trace_until_it_is_read(recorder: Recorder) -> None:
    recorder.points()
    for seconds in (0.3, 0.3, 20.0):
        with span("submission"):
            metrics.record_submission(seconds, language="ruby", verdict="TLE")
    _, second, slow = recorder.spans()

    (point,) = [p for p in recorder.points()["codex.submission.duration"] if p.attributes.get(LANGUAGE) == "ruby"]
    assert {(each.value, format(each.span_id, "016x")) for each in point.exemplars} == {
        (0.3, second["span_id"]),
        (20.0, slow["span_id"]),
    }
    (again,) = [p for p in recorder.points()["codex.submission.duration"] if p.attributes.get(LANGUAGE) == "ruby"]
    assert (again.count, again.exemplars) == (3, [])


def test_a_process_says_how_long_it_lives(recorder: Recorder) -> None:
    (point,) = recorder.points()["process.uptime"]

    assert point.value > 0
