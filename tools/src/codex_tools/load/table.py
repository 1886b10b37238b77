"""The end of a run for a person at a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from codex_tools.load.ledger import Ending, Tally
from codex_tools.load.result import PERCENTILES, Result

_MOST_REASONS = 10


def show(out: Console, result: Result) -> None:
    """How it was measured, what came out, why anything went wrong, and the bars."""
    out.print()
    for row in _table(result):
        out.print(row, soft_wrap=True, highlight=False)
    for reason, count in result.ledger.reasons.most_common(_MOST_REASONS):
        out.print(f"  {count:>5} x {escape(reason)}", soft_wrap=True, highlight=False)
    for line in told(result):
        out.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    for finding in result.findings:
        mark = "[green]ok  [/]" if finding.met else "[red]MISS[/]"
        out.print(f"  {mark} {escape(finding.bar):<24} measured {finding.actual}", highlight=False)


def told(result: Result) -> list[str]:
    """The facts, in words."""
    facts, options, lags = result.facts, result.facts.options, result.ledger.lags
    window = f"{options.seconds:g} s after {options.warm_up:g} s of warm-up"
    distinct = "; no program twice" if options.distinct else ""
    lines = [
        f"{options.loop}; {window}; seed {options.seed}; {facts.people} people; {', '.join(facts.languages)}{distinct}",
        f"this program: {facts.cpu_each * 1e3:.2f} ms of CPU a request, {facts.requests} requests"
        + (f", {facts.retries} sent again" if options.retry else ""),
    ]
    if lags.count and lags.max > 0:
        lines.append(f"its own delay, part of every latency: p99 {lags.percentile(99) * 1e3:.1f} ms")
    return lines


def _table(result: Result) -> Iterator[str]:
    """Aligned lines, their heading first."""
    rows = [["operation", *titles()]]
    rows += [[name, *cells(tally, result.ledger.seconds)] for name, tally in result.rows()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        aligned = (number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True))
        yield "  ".join([name.ljust(widths[0]), *aligned])


def titles() -> list[str]:
    """The columns after the operation's name."""
    times = [f"p{percent:g} ms" for percent in PERCENTILES]
    return ["arrivals", "done/s", *times, "max ms", "refused", "faults", "wrong", "not sent"]


def cells(tally: Tally, seconds: float) -> list[str]:
    """One row for these columns."""
    times = [tally.latencies.percentile(percent) for percent in PERCENTILES] + [tally.latencies.max]
    endings = [tally.endings[Ending.REFUSED], tally.faults, tally.endings[Ending.WRONG], tally.endings[Ending.NOT_SENT]]
    milliseconds = [f"{value * 1e3:.1f}" for value in times]
    return [str(tally.arrivals), f"{tally.completed / seconds:.1f}", *milliseconds, *map(str, endings)]
