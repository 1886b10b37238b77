"""Our own spans, carriers and log lines."""

from typing import Any

import pytest

from codex_telemetry import carrier, linked_root, resume, span, trace_id
from codex_telemetry.testing import Recorder, outline, tree


def test_what_was_put_aside_is_taken_up_in_the_same_trace(recorder: Recorder) -> None:
    with span("failed attempt", {"codex.execution.attempt": 1}):
        stored = carrier()
        first = trace_id()
    with span("poller"), resume(stored, "republish"):
        second = trace_id()

    attempt, _, again = recorder.spans()
    assert first == second == attempt["trace_id"]
    assert again["parent_span_id"] == attempt["span_id"]
    assert again["links"] == []
    assert attempt["attributes"] == {"codex.execution.attempt": 1}


def test_a_replay_is_a_new_trace_with_a_link_to_the_old_one(recorder: Recorder) -> None:
    with span("old"):
        stored = carrier()
    with span("command"), linked_root("replay", stored):
        pass

    old, _, replay = recorder.spans()
    assert replay["parent_span_id"] is None
    assert replay["trace_id"] != old["trace_id"]
    assert replay["links"] == [{"trace_id": old["trace_id"], "span_id": old["span_id"]}]


def test_nothing_carried_means_a_new_trace(recorder: Recorder) -> None:
    with linked_root("sweep", {}), resume({"traceparent": "spoilt"}, "inner"):
        pass

    assert [s["parent_span_id"] for s in recorder.spans()] == [None, None]
    assert carrier() == {}
    assert trace_id() is None


def test_an_exception_marks_the_span(recorder: Recorder) -> None:
    with pytest.raises(KeyError), span("code.execution"):
        raise KeyError("lost")

    (failed,) = recorder.spans()
    assert failed["status"] == "ERROR"
    assert failed["events"][0]["attributes"]["exception.type"] == "KeyError"


def test_log_lines_name_the_current_span(recorder: Recorder) -> None:
    (processor,) = recorder.telemetry.log_processors
    inside: dict[str, Any] = {"event": "done"}
    outside: dict[str, Any] = {"event": "idle"}
    with span("work"):
        processor(None, "info", inside)
    processor(None, "info", outside)

    (work,) = recorder.spans()
    assert inside["event"] == "done"
    assert inside["trace_id"] == work["trace_id"]
    assert inside["span_id"] == work["span_id"]
    assert int(inside["trace_flags"], 16) & 1
    assert outside == {"event": "idle"}


def test_attributes_are_limited_in_number_and_length(recorder: Recorder) -> None:
    with span("big", {"long": "x" * 5000} | {f"key{n}": n for n in range(100)}):
        pass

    (big,) = recorder.spans()
    assert len(big["attributes"]) == 64
    assert all(len(str(value)) <= 1024 for value in big["attributes"].values())


def test_the_kit_shows_traces_as_trees(recorder: Recorder) -> None:
    with span("root"):
        with span("first"), span("inner"):
            pass
        with span("second"):
            pass

    assert outline(recorder.spans()) == "root INTERNAL\n  first INTERNAL\n    inner INTERNAL\n  second INTERNAL"
    assert [child["name"] for child in tree(recorder.spans())[0]["children"]] == ["first", "second"]
