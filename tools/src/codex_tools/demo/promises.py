"""What the demo promises, and whether it was kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codex_tools.demo.client import Answer
from codex_tools.demo.programs import Program

TRACED = frozenset(
    {"gateway-service", "auth-user-service", "problem-service", "code-manage-service", "code-execution-service"}
)
SILENT = "collab-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One fact that must hold; ``seen`` is what was found instead, or as well."""

    text: str
    kept: bool
    seen: str


def of_verdict(program: Program, answer: Answer) -> Promise:
    verdict = str(answer.submission["verdict"])
    text = f"“{program.title}” is judged {program.verdict}"
    return Promise(text=text, kept=verdict == program.verdict, seen=verdict)


def of_trace(answer: Answer, trace: Mapping[str, Any]) -> tuple[Promise, ...]:
    """What makes the spans of one submission one trace."""
    spans: Sequence[Mapping[str, Any]] = trace["spans"]
    ids = {span["span_id"] for span in spans}
    parents = [span["parent_span_id"] for span in spans]
    services = {span["service"] for span in spans}
    trace_ids = {answer.trace_id, answer.submission["trace_id"], trace["trace_id"]}
    roots = sum(1 for parent in parents if not parent)
    orphans = sum(1 for parent in parents if parent and parent not in ids)
    missing = TRACED - services
    return (
        Promise(text="its trace is complete within 10 s", kept=bool(trace["complete"]), seen=f"{len(spans)} spans"),
        Promise(text="one trace id in header, body and trace", kept=len(trace_ids) == 1, seen=answer.trace_id),
        Promise(text="exactly one root", kept=roots == 1, seen=f"{roots} roots"),
        Promise(text="no orphan", kept=orphans == 0, seen=f"{orphans} orphans"),
        Promise(
            text="spans from all five traced services",
            kept=not missing,
            seen=f"missing: {', '.join(sorted(missing))}" if missing else ", ".join(sorted(services)),
        ),
        Promise(text=f"none from {SILENT}", kept=SILENT not in services, seen=f"{len(services)} services"),
    )
