"""A real platform sends to the real programs: every dashboard and alert has something to show."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import yaml
from aiokafka import AIOKafkaProducer

from codex_tools.testing import Stack, running
from tests.e2e import programs
from tests.e2e.client import Person, Platform, eventually
from tests.e2e.spans import Json, Span
from tests.observability.conftest import Line
from tests.observability.panels import questions, unanswered
from tests.observability.running import SHIPPED, names
from tests.observability.sending import SERVICES
from tests.observability.test_sampling import exemplars

pytestmark = pytest.mark.timeout(400)

DOCUMENT = SHIPPED.parents[1] / "docs" / "telemetry.md"
REASONS: dict[str, str] = yaml.safe_load((SHIPPED.parents[1] / "tests/observability/unanswered.yaml").read_text())
IN_PYTHON = (
    programs.TWO_SUM,
    programs.TWO_SUM_WRONG,
    programs.ENDLESS,
    programs.FAILING,
    programs.BROKEN,
    programs.GREEDY,
    programs.CHATTY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A platform whose telemetry goes through the real programs."""

    platform: Platform
    stack: Stack
    line: Line


@pytest.fixture(scope="session")
async def observed(whole_line: Line, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Observed]:
    folder = tmp_path_factory.mktemp("platform")
    async with running(folder, *_given(whole_line)) as stack:
        platform = Platform(stack.document()["gateway"], whole_line.store.url)
        try:
            yield Observed(platform=platform, stack=stack, line=whole_line)
        finally:
            await platform.close()


def _given(line: Line) -> list[str]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": line.collector.otlp,
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRIC_EXPORT_INTERVAL": "2000",
    }
    settings = [f"{service}.{name}={value}" for service in SERVICES for name, value in variables.items()]
    return [f"--set={setting}" for setting in (*settings, f"gateway-service.CODEX_TRACE_API_URL={line.store.url}")]


@pytest.fixture(scope="session")
async def judged(observed: Observed) -> list[Json]:
    """Submissions of every verdict, until Prometheus has seen them grow: rates need two looks."""
    await _poison(observed.stack)
    submissions: list[Json] = []
    end = time.monotonic() + 150
    while time.monotonic() < end and _unexplained(observed.line):
        submissions += await _round(observed.platform)
    return submissions


async def test_every_graph_and_alert_has_an_answer_or_a_reason(observed: Observed, judged: list[Json]) -> None:
    assert {submission["verdict"] for submission in judged} >= {"AC", "WA", "TLE", "RE", "CE", "MLE", "OLE"}
    assert _unexplained(observed.line) == {}
    assert REASONS.keys() <= {question.place for question in questions()}


async def test_every_exemplar_leads_to_a_trace(observed: Observed, judged: list[Json]) -> None:
    found = exemplars(observed.line.prometheus.url, "codex_submission_duration_seconds_bucket")

    assert found
    assert len(judged) >= len(IN_PYTHON)
    for trace_id in found | exemplars(observed.line.prometheus.url):
        assert await observed.platform.spans(trace_id), trace_id


async def test_log_lines_of_every_service_on_its_way_have_a_submissions_trace(
    observed: Observed, judged: list[Json]
) -> None:
    query = f'{{service_name=~".+"}} | trace_id="{judged[0]["trace_id"]}"'

    async def are_there() -> bool:
        return len(await asyncio.to_thread(observed.line.loki.lines, query)) >= 2

    await eventually(are_there, within=30, what="the submission's lines are in Loki")


async def test_the_service_graph_has_all_traced_services_and_both_ways_over_kafka(
    observed: Observed, judged: list[Json]
) -> None:
    ada = await observed.platform.sign_up()
    session = await observed.platform.post(ada, "/api/v1/user/collab/sessions", {"problem": "two-sum"})
    assert session.status_code == 201, session.text
    edges: set[tuple[str, str, str]] = set()
    for trace_id in [*(submission["trace_id"] for submission in judged), session.headers["x-trace-id"]]:
        edges |= _edges(await observed.platform.spans(trace_id))

    assert {("code-manage-service", "code-execution-service", "kafka")} <= edges
    assert {("code-execution-service", "code-manage-service", "kafka")} <= edges
    assert {service for caller, called, _ in edges for service in (caller, called)} == set(SERVICES)


async def test_measurements_have_the_documented_names(observed: Observed, judged: list[Json]) -> None:
    assert judged
    documented = re.findall(r"^\| `([a-z_]+)` \|.*\|.*\|$", _metrics_section(), re.MULTILINE)

    assert names(observed.line.collector.exposed) - {"target_info"} == set(documented)


def _metrics_section() -> str:
    return DOCUMENT.read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]


async def _round(platform: Platform) -> list[Json]:
    ada = await platform.sign_up()
    languages = {language["id"] for language in (await platform.http.get("/api/v1/public/languages")).json()}
    done = await asyncio.gather(*(platform.judged(ada, code) for code in IN_PYTHON))
    if "cpp" in languages:
        done.append(await platform.judged(ada, programs.A_PLUS_B_CPP, problem="a-plus-b", language="cpp"))
    await _look(platform, ada)
    return done


async def _look(platform: Platform, person: Person) -> None:
    await platform.run(person, programs.TWO_SUM)
    await platform.execute(person, programs.ECHO, stdin="hello\n")
    await platform.get(person, "/api/v1/user/submissions")


async def _poison(stack: Stack) -> None:
    """A record that nobody can read."""
    producer = AIOKafkaProducer(bootstrap_servers=stack.document()["kafka"])
    await producer.start()
    try:
        await producer.send_and_wait("code-execution-topic", b"\xff")
    finally:
        await producer.stop()


def _unexplained(line: Line) -> dict[str, str]:
    silent = unanswered(line.prometheus.url)
    return {question.place: question.expr for question in silent if question.place not in REASONS}


def _edges(spans: list[Span]) -> set[tuple[str, str, str]]:
    """Who asks whom and how, as Tempo draws it: parent and child in two services."""
    by_id = {span.span_id: span for span in spans}
    return {
        (parent.service, span.service, "kafka" if span.kind == "consumer" else "grpc")
        for span in spans
        if (parent := by_id.get(span.parent or "")) and parent.service != span.service
    }
