"""Hostile programs: each gets the verdict it deserves, and the slot is as good as new afterwards."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from codex_code_execution.judging.model import Judgement, Limits, Signature, Verdict

LIMITS = Limits(cpu_time=0.5, wall_time=6.0, memory=64 << 20, output=1 << 20, processes=16)
SLEEPERS = replace(LIMITS, wall_time=1.0)
LATEST = 1.0  # seconds by which an answer may come after the wall limit, on a busy machine
IDLE_PROCESSES = 5  # of a slot: its launcher, init, zygote, and the first process and loader of the next box

Run = Callable[..., Awaitable[Judgement]]
Slots = Callable[[], list[int]]


def battery(kind: str, language: str, file: str | None = None) -> list[Any]:
    entries = yaml.safe_load(Path(__file__).with_name(f"{file or language}.yaml").read_text())
    return [
        pytest.param(kind, language, entry, id=f"{kind} {language} {entry['attack']}")
        for entry in entries
        if kind != "landlock" or file or entry.get("weak")
    ]


def descendants(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


async def settled(slot: int) -> None:
    """Wait until the slot has nothing but its own processes."""
    deadline = time.monotonic() + 5
    while len(left := descendants(slot)) != IDLE_PROCESSES:
        assert time.monotonic() < deadline, f"{len(left)} processes are left in the slot"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("backend", "language", "attack"),
    [
        *battery("userns", "python"),
        *battery("userns", "cpp"),
        *battery("static", "python"),
        *battery("static", "cpp"),
        *battery("landlock", "python"),
        *battery("landlock", "cpp"),
        *battery("landlock", "python", "landlock"),
    ],
    indirect=["backend"],
)
async def test_an_attack_is_answered_and_leaves_nothing_behind(
    run: Run, slots: Slots, add: Signature, language: str, attack: dict[str, Any]
) -> None:
    await run("marker = 'previous-program-' + 'was-here'; text = 'previous-program-was-here'")
    limits = SLEEPERS if attack.get("guard") == "wall" else LIMITS
    slot = slots()
    started = time.monotonic()
    judgement = await run(
        attack["program"],
        ('{"a": 1, "b": 2}', "3") if attack.get("function") else ("", attack.get("expected")),
        language=language,
        signature=add if attack.get("function") else None,
        limits=limits,
    )
    took = time.monotonic() - started

    assert judgement.verdict in attack["verdicts"], judgement
    assert judgement.guard == attack.get("guard", judgement.guard)
    assert judgement.verdict is Verdict.COMPILE_ERROR or took < limits.wall_time + LATEST
    assert slots() == slot, "the slot had to be replaced"
    await settled(*slot)
    clean = await run(CLEAN, ("next", "next"), limits=LIMITS)
    assert clean.verdict is Verdict.ACCEPTED, clean


CLEAN = """
import os
assert os.listdir(os.environ["HOME"]) == []
if "TMPDIR" not in os.environ:
    assert os.listdir("/dev/shm") == []
    assert len([name for name in os.listdir("/proc") if name.isdigit()]) <= 3
print(input())
"""
