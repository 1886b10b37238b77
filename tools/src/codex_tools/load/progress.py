"""A line a second while it runs."""

import asyncio
import math
from collections.abc import Callable

from rich.console import Console
from rich.status import Status

from codex_tools.load.ledger import Ending, Ledger


async def tell(ledger: Ledger, out: Console) -> None:
    """Show every second when it is over: in place on a terminal, line by line elsewhere. Goes on until cancelled."""
    if not out.is_terminal:
        await _each_second(ledger, lambda line: out.print(f"  {line}"))
        return
    with Status("", console=out) as status:
        await _each_second(ledger, status.update)


async def _each_second(ledger: Ledger, show: Callable[[str], None]) -> None:
    second = math.floor(ledger.now())
    try:
        while True:
            await asyncio.sleep(max(0.0, second + 1 - ledger.now()))
            show(line(ledger, second))
            second += 1
    finally:
        show(line(ledger, second))


def line(ledger: Ledger, second: int) -> str:
    """What one second brought; what went wrong only where it did. It has a number below 0 in the warm-up."""
    page = ledger.timeline[second]
    p50, p99 = (page.latencies.percentile(percent) * 1e3 for percent in (50, 99))
    counts = {
        "refused": page.endings[Ending.REFUSED],
        "faults": page.faults,
        "wrong": page.endings[Ending.WRONG],
        "not sent": page.endings[Ending.NOT_SENT],
    }
    trouble = "".join(f"  {name} {count}" for name, count in counts.items() if count)
    return (
        f"{second:>4} s  due {page.due:>4}  done {page.endings[Ending.DONE]:>4}  in flight {ledger.in_flight:>4}  "
        f"p50 {p50:>4.0f} p99 {p99:>4.0f} ms{trouble}{'  (warm-up)' if second < 0 else ''}"
    )
