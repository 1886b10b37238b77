"""Measurements as they leave the process."""

from codex_telemetry import metrics
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
