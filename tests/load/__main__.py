"""``make bench``: the platform's budgets, measured as ratios within one run.

Beside a stack with every span recorded stands, with ``--compare``, one without tracing; their windows go round robin,
so that a noisy machine is noisy for both.
"""

import argparse
import statistics
import sys
import time
from contextlib import ExitStack

import uvloop

from tests.load.measure import Readings, Traces, count_spans, many_clients, one_client, sign_up
from tests.load.report import line, milliseconds
from tests.load.stack import Stack, running

ROUNDS = 4
CLIENTS = 8
RATE = 70
IN_A_START = RATE * 7.5e-3  # on a quiet machine of the kind the rate was set for, an interpreter starts in 7.5 ms
WARM_UP = 10  # seconds under load: the broker's JVM compiles what it meets often


def main() -> int:
    """Measure, report, and end with 1 if a budget was missed."""
    options = _options()
    with ExitStack() as stack:
        stacks = [stack.enter_context(running("tracing on"))]
        if options.compare:
            stacks.append(stack.enter_context(running("tracing off", "--no-tracing")))
        time.sleep(2)  # let what has just started come to rest: idle memory is read next
        memory = stacks[0].memory()
        readings = uvloop.run(_measure(stacks, options.requests, options.seconds))
        time.sleep(3)  # the store has a trace 2 s after its answer
        traces = count_spans(stacks[0], readings[0].traces)
    return _report(stacks, readings, memory, traces)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--requests", type=int, default=240, help="single submissions of each stack (default 240)")
    parser.add_argument("--seconds", type=float, default=5, help="length of a window under load (default 5)")
    parser.add_argument("--compare", action="store_true", help="measure a stack without tracing as well")
    return parser.parse_args()


async def _measure(stacks: list[Stack], requests: int, seconds: float) -> list[Readings]:
    tokens = [await sign_up(stack) for stack in stacks]
    readings = [Readings() for _ in stacks]
    for stack, token in zip(stacks, tokens, strict=True):
        await one_client(stack, token, Readings(), 60)
        await many_clients(stack, token, Readings(), clients=CLIENTS, seconds=WARM_UP)
    for turn in range(ROUNDS):
        order = list(zip(stacks, tokens, readings, strict=True))
        for stack, token, reading in order if turn % 2 == 0 else reversed(order):
            await one_client(stack, token, reading, requests // ROUNDS)
            await many_clients(stack, token, reading, clients=CLIENTS, seconds=seconds)
    return readings


def _report(stacks: list[Stack], readings: list[Readings], memory: dict[str, int], traces: Traces) -> int:
    first = readings[0]
    bare, p50 = milliseconds(first.bare, 50), milliseconds(first.single, 50)
    rate, total = statistics.median(first.rates), sum(memory.values()) / 1e6
    usual, most = statistics.mode(traces.spans or (0,)), max(traces.spans, default=0)
    bars = [
        ("echo, one client: p50 over a bare interpreter", p50 / bare, 3.0, "x"),
        ("echo, one client: p99 over a bare interpreter", milliseconds(first.single, 99) / bare, 10.0, "x"),
        ("spans of an accepted submission, caches warm", usual, 26, ""),
        ("spans of an accepted submission, at most", most, 34, ""),
        ("six services, idle", total, 600, " MB"),
        ("faults under load", len(first.faults), 0, ""),
        ("traces that are not whole", traces.wanted - traces.whole, 0, ""),
    ]
    passed = [line(*bar, at_most=True) for bar in bars]
    passed.append(
        line(f"submissions in a bare start, {CLIENTS} clients", rate * bare / 1e3, IN_A_START, "", at_most=False)
    )
    passed.append(line(f"submissions/s, {CLIENTS} clients", rate, RATE, "/s", at_most=False))
    for stack, reading in zip(stacks, readings, strict=True):
        _details(stack.name, reading)
        for fault in sorted(set(reading.faults)):
            print(f"    {fault}")
    if len(readings) > 1:
        _compare(*readings)
    print("  " + ", ".join(f"{name.removesuffix('-service')} {size / 1e6:.0f}" for name, size in memory.items()), "MB")
    return 0 if all(passed) else 1


def _details(name: str, reading: Readings) -> None:
    rates = " ".join(f"{rate:.0f}" for rate in reading.rates)
    bare = milliseconds(reading.bare, 50)
    p50, p90, p99 = (milliseconds(reading.single, rank) for rank in (50, 90, 99))
    loaded50, loaded99 = (milliseconds(reading.loaded, rank) for rank in (50, 99))
    print(
        f"  {name}: bare p50 {bare:.1f} ms; "
        f"one client p50 {p50:.1f}, p90 {p90:.1f}, p99 {p99:.1f} ms over {len(reading.single)}; "
        f"{CLIENTS} clients {rates}/s, p50 {loaded50:.0f}, p99 {loaded99:.0f} ms; "
        f"services' CPU {statistics.median(reading.cpu) * 1e3:.1f} ms each"
    )


def _compare(traced: Readings, untraced: Readings) -> None:
    print(
        f"  tracing on over off: p50 {milliseconds(traced.single, 50) / milliseconds(untraced.single, 50):.2f}, "
        f"throughput {statistics.median(traced.rates) / statistics.median(untraced.rates):.2f}, "
        f"services' CPU {statistics.median(traced.cpu) / statistics.median(untraced.cpu):.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
