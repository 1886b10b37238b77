"""Dead letters on a terminal."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_protos.codemanage.v1 import dead_letter_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def show_list(out: Console, found: pb.ListDeadLettersResponse) -> None:
    """One line each, oldest failure first."""
    if not found.letters:
        out.print("There are no dead letters.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "topic", "submission", "reason", "failures", "age"):
        table.add_column(name, no_wrap=name != "reason")
    for letter in found.letters:
        table.add_row(*_row(letter))
    out.print(table)
    if found.more:
        out.print(f"These are {len(found.letters)}, and there are more.")


def _row(letter: pb.DeadLetter) -> tuple[Text, ...]:
    """A letter is one line: of its reason there is as much as there is room."""
    reason = _plain(letter.reason)
    reason.no_wrap, reason.overflow = True, "ellipsis"
    submission = _plain(letter.job.submission_id or "-")
    return (_plain(letter.id), _plain(letter.topic), submission, reason, Text(str(letter.failures)), _age(letter))


def show_letter(out: Console, letter: pb.DeadLetter) -> None:
    """All that is known of one."""
    table = Table.grid(padding=(0, 2))
    for name, value in [*_facts(letter), *(_job_facts(letter.job) if letter.HasField("job") else ())]:
        table.add_row(name, _plain(value or "-"))
    out.print(table)


def _facts(letter: pb.DeadLetter) -> list[tuple[str, str]]:
    return [
        ("id", letter.id),
        ("topic", letter.topic),
        ("given up by", letter.group),
        ("reason", letter.reason),
        ("failures", f"{letter.failures} of its own, {letter.attempts} attempts in all"),
        ("first failed", _moment(letter.first_failed_at)),
        ("last failed", _moment(letter.failed_at)),
        ("trace", letter.trace_id),
        ("key", letter.key),
        ("headers", ", ".join(letter.headers)),
        ("size", f"{letter.size:,} bytes"),
    ]


def _job_facts(job: pb.Job) -> list[tuple[str, str]]:
    verdict = judging.Verdict.Name(job.verdict).removeprefix("VERDICT_") if job.verdict else ""
    return [
        ("submission", job.submission_id),
        ("kind", judging.Kind.Name(job.kind).removeprefix("KIND_").lower()),
        ("author", job.author),
        ("problem", job.problem),
        ("language", job.language),
        ("requested", _moment(job.requested_at)),
        ("attempt", str(job.attempt)),
        *([("verdict", verdict)] if verdict else []),
    ]


def _age(letter: pb.DeadLetter) -> Text:
    """How long ago it failed last, in the greatest unit that fits."""
    seconds = max(0, int(datetime.now(UTC).timestamp()) - letter.failed_at.seconds)
    whole = ((seconds // size, unit) for size, unit in _UNITS)
    return Text(next((f"{count} {unit}" for count, unit in whole if count), f"{seconds} s"))


def _moment(moment: Timestamp) -> str:
    return moment.ToDatetime(tzinfo=UTC).isoformat(sep=" ", timespec="seconds")


def _plain(text: str) -> Text:
    """What came in a record may hold anything: no markup, and nothing that a terminal obeys."""
    return Text("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text))
