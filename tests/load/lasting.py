"""``python -m tests.load.lasting``: a minute under load after thousands of submissions, and where its CPU goes."""

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import uvloop

from tests.load.measure import Readings, Traces, bare_python, count_spans, many_clients, sign_up
from tests.load.report import line, milliseconds
from tests.load.stack import Stack, running

RATE = 70
P99 = 300.0  # milliseconds
WINDOW = 30  # seconds of load, before it is asked whether those were enough
TRACES = 1000  # of the last ones: are they whole?
STARTS = 50  # of a bare interpreter: how fast is this machine now?


def main() -> int:
    """Measure, report, and end with 1 if a budget was missed."""
    options = _options()
    with running("lasting") as stack:
        readings, cpu = uvloop.run(_measure(stack, options))
        time.sleep(3)  # the store has a trace 2 s after its answer
        traces = count_spans(stack, readings.traces[-TRACES:])
    return _report(readings, cpu, traces)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.lasting", description=__doc__)
    parser.add_argument("--earlier", type=int, default=20_000, help="submissions before it counts (default 20000)")
    parser.add_argument("--clients", type=int, default=16, help="who submit one after another (default 16)")
    parser.add_argument("--seconds", type=float, default=60, help="length of what counts (default 60)")
    return parser.parse_args()


async def _measure(stack: Stack, options: argparse.Namespace) -> tuple[Readings, Counter[str]]:
    """What counted, and the seconds of CPU that each part took for it."""
    token, earlier = await sign_up(stack), Readings()
    while len(earlier.loaded) < options.earlier and not earlier.faults:
        await many_clients(stack, token, earlier, clients=options.clients, seconds=WINDOW)
    print(f"  {len(earlier.loaded)} earlier ones: {' '.join(f'{rate:.0f}' for rate in earlier.rates)}/s", flush=True)
    readings = Readings(faults=earlier.faults, bare=[bare_python() for _ in range(STARTS)])
    before = _cpu(stack)
    await many_clients(stack, token, readings, clients=options.clients, seconds=options.seconds)
    cpu = _cpu(stack)
    cpu.subtract(before)
    readings.bare += [bare_python() for _ in range(STARTS)]
    return readings, cpu


def _cpu(stack: Stack) -> Counter[str]:
    """Seconds of CPU so far: the machine's by everything, then its services' and stores'."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _waits, interrupts, soft = ticks[:7]
    everything = (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")
    return Counter({"everything": everything, **stack.cpu_times()})


def _report(readings: Readings, cpu: Counter[str], traces: Traces) -> int:
    done, bare = max(1, len(readings.loaded)), statistics.median(readings.bare) * 1e3
    p50, p90, p99 = (milliseconds(readings.loaded, rank) for rank in (50, 90, 99))
    passed = [
        line("submissions/s", readings.rates[-1], RATE, "/s", at_most=False),
        line("p99", p99, P99, " ms", at_most=True),
        line("faults", len(readings.faults), 0, "", at_most=True),
        line("traces that are not whole", traces.wanted - traces.whole, 0, "", at_most=True),
    ]
    print(f"  p50 {p50:.0f}, p90 {p90:.0f} ms; bare p50 {bare:.1f} ms: the p99 is {p99 / bare:.0f} starts long")
    print("  CPU, ms each: " + ", ".join(f"{part} {used / done * 1e3:.1f}" for part, used in cpu.most_common()))
    for fault in sorted(set(readings.faults)):
        print(f"    {fault}")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
