"""The checker notices when a trace is not what the contract says: mutations of a recorded one. No stack is needed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.contract import violations
from tests.e2e.expectations import CONTRACT, expected, flows, tree
from tests.e2e.spans import Event, Span, spans_of

RECORDED = Path(__file__).parent / "recorded"
ANOTHER_TRACE = "0" * 31 + "1"
UNKNOWN = "0" * 15 + "1"

Spans = list[Span]


def recorded(flow: str = "accepted") -> Spans:
    """A real trace, with warm caches."""
    return spans_of(json.loads((RECORDED / f"{flow}.json").read_text()))


def one(spans: Spans, name: str, kind: str | None = None) -> Span:
    return next(span for span in spans if span.name == name and kind in (None, span.kind))


def changed(spans: Spans, span: Span, **changes: Any) -> Spans:
    return [replace(each, **changes) if each is span else each for each in spans]


def with_attribute(spans: Spans, span: Span, key: str, value: object) -> Spans:
    return changed(spans, span, attributes={**span.attributes, key: value})


def without_attribute(spans: Spans, span: Span, key: str) -> Spans:
    return changed(spans, span, attributes={name: value for name, value in span.attributes.items() if name != key})


def subtree(spans: Spans, top: Span) -> set[str]:
    below = {top.span_id}
    while more := {span.span_id for span in spans if span.parent in below} - below:
        below |= more
    return below


def in_a_trace_of_its_own(spans: Spans, top: Span, *, linked: bool) -> Spans:
    """What a consumer does that doesn't take the producer's span for its parent."""
    below = subtree(spans, top)
    moved = [replace(span, trace_id=ANOTHER_TRACE) if span.span_id in below else span for span in spans]
    top = one(moved, top.name)
    return changed(moved, top, parent=None, links=top.links if linked else ())


def header_injection_lost(spans: Spans) -> Spans:
    return in_a_trace_of_its_own(spans, one(spans, "process code-execution-topic"), linked=False)


def only_the_first_part(spans: Spans) -> Spans:
    lost = subtree(spans, one(spans, "process code-execution-topic"))
    return [span for span in spans if span.span_id not in lost]


def link_only(spans: Spans) -> Spans:
    return in_a_trace_of_its_own(spans, one(spans, "process code-result-topic"), linked=True)


def link_removed(spans: Spans) -> Spans:
    return changed(spans, one(spans, "process code-result-topic"), links=())


def linked_elsewhere(spans: Spans) -> Spans:
    process = one(spans, "process code-execution-topic")
    return changed(spans, process, links=((process.trace_id, UNKNOWN),))


def wrong_parent(spans: Spans) -> Spans:
    return changed(spans, one(spans, "code.execution"), parent=one(spans, "send code-result-topic").span_id)


def orphan(spans: Spans) -> Spans:
    return changed(spans, one(spans, "insert submissions"), parent=UNKNOWN)


def second_root(spans: Spans) -> Spans:
    return changed(spans, one(spans, "insert submissions"), parent=None)


def wrong_kind(spans: Spans) -> Spans:
    return changed(spans, one(spans, "code.execution"), kind="server")


def collab_speaks(spans: Spans) -> Spans:
    return changed(spans, one(spans, "EVALSHA"), service="collab-service")


def span_lost(spans: Spans) -> Spans:
    return [span for span in spans if span.name != "update scores"]


def span_too_many(spans: Spans) -> Spans:
    return [*spans, replace(one(spans, "insert submissions"), span_id=UNKNOWN)]


def unknown_span(spans: Spans) -> Spans:
    return [*spans, replace(one(spans, "insert submissions"), span_id=UNKNOWN, name="http send", kind="internal")]


def many_spans(spans: Spans) -> Spans:
    more = [replace(one(spans, "code.execution"), span_id=f"{number:016x}") for number in range(1, 12)]
    return [*spans, *more]


def failed(spans: Spans) -> Spans:
    return changed(spans, one(spans, "update submissions"), error=True, message="out of order")


def code_attribute(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "code.execution"), "codex.execution.code", "def two_sum(nums, target):")


def code_in_an_event(spans: Spans) -> Spans:
    span = one(spans, "code.execution")
    first = replace(span.events[0], attributes={"line": "def two_sum(nums, target):"})
    return changed(spans, span, events=(first, *span.events[1:]))


def mail_address(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "WITH"), "db.query.text", "SELECT 1 WHERE email = 'ada@example.org'")


def token(spans: Spans) -> Spans:
    root = one(spans, "POST /api/v1/user/submit")
    return with_attribute(spans, root, "url.query", "token=eyJhbGciOiJFZERTQSJ9.e30.c2ln")


def deprecated_key(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "send code-execution-topic"), "messaging.kafka.message.offset", 7)


def deprecated_family(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "EVALSHA"), "net.peer.name", "127.0.0.1")


def attribute_lost(spans: Spans) -> Spans:
    return without_attribute(spans, one(spans, "code.execution"), "codex.sandbox.guard")


def wrong_type(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "code.execution"), "codex.execution.memory_peak", "13361152")


def wrong_verdict(spans: Spans) -> Spans:
    return with_attribute(spans, one(spans, "code.execution"), "codex.execution.verdict", "WA")


def event_lost(spans: Spans) -> Spans:
    span = one(spans, "code.execution")
    return changed(spans, span, events=span.events[:-1])


def events_out_of_order(spans: Spans) -> Spans:
    span = one(spans, "code.execution")
    first = Event(name="queued", at=span.end)
    return changed(spans, span, events=(first, *span.events[1:]))


def id_in_a_name(spans: Spans) -> Spans:
    return changed(spans, one(spans, "insert submissions"), name="GET problem:01a20e3a-615b-7f1e-a611-d5a47f5fb2c9")


def late_finalising(spans: Spans) -> Spans:
    span = one(spans, "codex.problem.v1.SubmissionService/UpdateSubmission", "client")
    return changed(spans, span, end=one(spans, "POST /api/v1/user/submit").end + 50_000_000)


def child_before_its_parent(spans: Spans) -> Spans:
    span = one(spans, "process code-execution-topic")
    return changed(spans, span, start=one(spans, "send code-execution-topic").start - 50_000_000)


def namespace_lost(spans: Spans) -> Spans:
    span = one(spans, "EVALSHA")
    return changed(spans, span, resource={**span.resource, "service.namespace": ""})


CONTROLS: dict[Callable[[Spans], Spans], str] = {
    header_injection_lost: "2 trace ids instead of one",
    only_the_first_part: "missing below send code-execution-topic: process code-execution-topic",
    link_only: "2 roots instead of one",
    link_removed: "process code-result-topic is not linked to the span that sent it",
    linked_elsewhere: "process code-execution-topic is not linked to the span that sent it",
    wrong_parent: "wrong parent: code.execution (internal, code-execution-service) below send code-result-topic",
    orphan: "an orphan: insert submissions (client, problem-service)",
    second_root: "2 roots instead of one",
    wrong_kind: "unexpected span: code.execution (server, code-execution-service)",
    collab_speaks: "collab-service must be silent",
    span_lost: "missing below codex.problem.v1.SubmissionService/UpdateSubmission: update scores",
    span_too_many: "a span too many below codex.problem.v1.SubmissionService/CreateSubmission: insert submissions",
    unknown_span: "unexpected span: http send (internal, problem-service)",
    many_spans: "12 INTERNAL spans in code-execution-service, the budget is 10",
    failed: "status ERROR on update submissions (client, problem-service): out of order",
    code_attribute: "something of the user's on code.execution",
    code_in_an_event: "something of the user's on code.execution",
    mail_address: "forbidden content on WITH",
    token: "forbidden content on POST /api/v1/user/submit",
    deprecated_key: "forbidden key messaging.kafka.message.offset on send code-execution-topic",
    deprecated_family: "forbidden key net.peer.name on EVALSHA",
    attribute_lost: "code.execution lacks codex.sandbox.guard",
    wrong_type: "code.execution has codex.execution.memory_peak = '13361152', not <int>",
    wrong_verdict: "code.execution has codex.execution.verdict = 'WA', not AC",
    event_lost: "code.execution has the events",
    events_out_of_order: "the events of code.execution are out of order",
    id_in_a_name: "an id in the name GET problem:",
    late_finalising: "after POST /api/v1/user/submit, in which it must lie",
    child_before_its_parent: "process code-execution-topic begins before its parent send code-execution-topic",
    namespace_lost: "gateway-service has no proper service.namespace: ''",
}


@pytest.mark.parametrize("flow", ["accepted", "retried", "given_up", "replayed"])
def test_a_recorded_trace_is_what_the_contract_says(flow: str) -> None:
    assert violations(recorded(flow), expected(flow, "warm")) == []


@pytest.mark.parametrize("mutate", CONTROLS, ids=lambda mutate: mutate.__name__)
def test_a_trace_with_one_fault_breaks_the_contract(mutate: Callable[[Spans], Spans]) -> None:
    expectation = expected("accepted", "warm").without_texts("def two_sum(")
    found = violations(mutate(recorded()), expectation)

    assert any(CONTROLS[mutate] in violation for violation in found), found


def test_a_warm_trace_is_no_cold_one_and_an_accepted_one_no_rejected_one() -> None:
    assert any("GetTestSuite" in each for each in violations(recorded(), expected("accepted", "cold")))
    assert violations(recorded(), expected("rejected"))
    assert violations(recorded(), expected("run")) == [
        "no root POST /api/v1/user/run (server, gateway-service)",
        "25 spans, the budget is 22",
    ]


def test_no_spans_are_no_trace() -> None:
    assert "0 roots instead of one: " in violations([], expected("accepted"))


@pytest.mark.parametrize("flow", ["accepted", "run", "custom", "collab_session", "replayed"])
def test_the_page_shows_the_tree_that_the_data_say(flow: str) -> None:
    assert tree(flow) in CONTRACT.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("flow", ["retried", "given_up"])
def test_the_page_shows_what_becomes_of_a_job_that_fails(flow: str) -> None:
    assert tree(flow, "send_job") in CONTRACT.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("flow", flows())
def test_no_flow_needs_more_spans_than_its_budget(flow: str) -> None:
    assert expected(flow, "warm").least <= expected(flow, "warm").budget
    assert expected(flow, "cold").least <= expected(flow, "cold").budget
