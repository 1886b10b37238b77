"""The demo notices when a trace is not what it promises."""

import io
from typing import Any

import pytest
from rich.console import Console

from codex_tools.demo.client import Answer
from codex_tools.demo.promises import TRACED, of_trace
from codex_tools.demo.waterfall import draw, rows

_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def _span(span_id: str, parent: str | None, service: str, second: float) -> dict[str, Any]:
    return {
        "span_id": span_id,
        "parent_span_id": parent,
        "name": f"codex.some.v1.SomeServiceWithALongName/{span_id}",
        "service": service,
        "start": f"2026-01-01T00:00:{second:09.6f}Z",
        "duration": 0.5,
    }


def _trace() -> dict[str, Any]:
    services = sorted(TRACED - {"gateway-service"})
    spans = [_span(f"s{n}", f"s{n - 1}", service, n / 10) for n, service in enumerate(services, start=1)]
    return {"trace_id": _ID, "complete": True, "spans": [*reversed(spans), _span("s0", None, "gateway-service", 0.0)]}


def _answer() -> Answer:
    return Answer(submission={"trace_id": _ID}, trace_id=_ID, seconds=0.1)


def _broken(trace: dict[str, Any]) -> set[str]:
    return {promise.text for promise in of_trace(_answer(), trace) if not promise.kept}


def test_a_whole_trace_breaks_no_promise() -> None:
    assert _broken(_trace()) == set()


@pytest.mark.parametrize(
    ("mutation", "broken"),
    [
        ({"parent_span_id": None}, "exactly one root"),
        ({"parent_span_id": "lost"}, "no orphan"),
        ({"service": "collab-service"}, "none from collab-service"),
        ({"service": "gateway-service"}, "spans from all five traced services"),
    ],
)
def test_a_trace_with_one_wrong_span_breaks_the_promise_about_it(mutation: dict[str, Any], broken: str) -> None:
    trace = _trace()
    trace["spans"][0].update(mutation)
    assert broken in _broken(trace)


def test_a_second_trace_id_breaks_the_promise_of_one() -> None:
    assert _broken({**_trace(), "trace_id": "other"}) == {"one trace id in header, body and trace"}


def test_the_waterfall_shows_children_under_their_parents_by_time() -> None:
    tree = rows(_trace()["spans"])
    assert [row.depth for row in tree] == [0, 1, 2, 3, 4]
    assert [round(row.offset, 3) for row in tree] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_nothing_is_cut_and_nothing_coloured_without_a_terminal() -> None:
    out = Console(file=io.StringIO(), width=160, no_color=True)
    out.print(draw(_trace()["spans"]))
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert all(span["name"] in text for span in _trace()["spans"])
    assert "\x1b" not in text
    assert "…" not in text
