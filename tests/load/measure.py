"""The measurements: one client beside a bare interpreter, many clients at once, and whether every span has arrived."""

import asyncio
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.load.client import Answer, BadAnswer, Connection
from tests.load.stack import Stack

SUBMIT = "/api/v1/user/submit"
ECHO = {"problem": "echo", "language": "python", "code": "print(input())\n"}
PYTHON = "/usr/bin/python3"


@dataclass(slots=True)
class Readings:
    """What was measured on one stack; seconds throughout."""

    single: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)


def bare_python() -> float:
    """Seconds that the system's Python takes to start and do nothing: the yardstick of this machine, now."""
    began = time.perf_counter()
    pid = os.posix_spawn(PYTHON, ["python3", "-I", "-S", "-c", "pass"], {})
    os.waitpid(pid, 0)
    return time.perf_counter() - began


async def sign_up(stack: Stack) -> str:
    """An access token of somebody new."""
    name = f"b_{uuid.uuid4().hex[:16]}"
    body = {"username": name, "email": f"{name}@example.org", "password": uuid.uuid4().hex}
    async with Connection(stack.gateway) as connection:
        answer = await connection.post("/api/v1/user/auth/signup", body)
    return str(answer.body["access_token"])


async def one_client(stack: Stack, token: str, readings: Readings, count: int) -> None:
    """``count`` submissions one after another, a bare interpreter start between any two."""
    async with Connection(stack.gateway) as connection:
        for _ in range(count):
            readings.bare.append(bare_python())
            answer = await connection.post(SUBMIT, ECHO, token)
            _judged(answer)
            readings.single.append(answer.seconds)


async def many_clients(stack: Stack, token: str, readings: Readings, *, clients: int, seconds: float) -> None:
    """As many submissions as ``clients`` get through in ``seconds``."""
    end = time.perf_counter() + seconds
    began, cpu, before = time.perf_counter(), stack.cpu_time(), len(readings.loaded)
    await asyncio.gather(*(_until(end, stack, token, readings) for _ in range(clients)))
    done = len(readings.loaded) - before
    readings.rates.append(done / (time.perf_counter() - began))
    readings.cpu.append((stack.cpu_time() - cpu) / max(1, done))


async def _until(end: float, stack: Stack, token: str, readings: Readings) -> None:
    async with Connection(stack.gateway) as connection:
        while time.perf_counter() < end:
            try:
                answer = await connection.post(SUBMIT, ECHO, token)
                _judged(answer)
            except BadAnswer as fault:
                readings.faults.append(str(fault)[:200])
                return
            readings.loaded.append(answer.seconds)
            if answer.body["trace_id"]:
                readings.traces.append(answer.body["trace_id"])


def _judged(answer: Answer) -> None:
    if answer.status != 200 or answer.body["verdict"] != "AC":
        raise BadAnswer(f"{answer.status} {answer.body}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """How many of the traces are there, and how many spans each has."""

    wanted: int
    whole: int
    spans: tuple[int, ...]


def count_spans(stack: Stack, trace_ids: list[str]) -> Traces:
    """Ask the store for every trace: whole is one with one root, no orphan, and its points credited."""
    found = [_spans(stack, trace_id) for trace_id in trace_ids]
    return Traces(
        wanted=len(found), whole=sum(_whole(spans) for spans in found), spans=tuple(len(spans) for spans in found)
    )


def _spans(stack: Stack, trace_id: str) -> list[dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{stack.traces}/api/v2/traces/{trace_id}", timeout=10) as answer:
            groups = json.load(answer)["trace"]["resourceSpans"]
    except urllib.error.HTTPError:
        return []
    return [span for group in groups for scope in group["scopeSpans"] for span in scope["spans"]]


def _whole(spans: list[dict[str, Any]]) -> bool:
    ids = {span["spanId"] for span in spans}
    roots = [span for span in spans if not span.get("parentSpanId")]
    orphans = [span for span in spans if span.get("parentSpanId") and span["parentSpanId"] not in ids]
    credited = any(span["name"].endswith("/UpdateProgress") for span in spans)
    return len(roots) == 1 and not orphans and credited
