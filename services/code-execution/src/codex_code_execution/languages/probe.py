"""Finds out, inside a slot, which languages work there."""

import re
from dataclasses import replace

from codex_code_execution.judging.model import Limits
from codex_code_execution.languages.catalogue import Candidate, Language
from codex_code_execution.sandbox.compile import COMPILE_LIMITS, compile_request, source_request
from codex_code_execution.sandbox.slot import Slot
from codex_code_execution.sandbox.wire import pack_limits, run_request

LIMITS = Limits(cpu_time=10.0, wall_time=20.0)
VERSION = re.compile(r"\d+(?:\.\d+)+")


async def usable(slot: Slot, tried: list[Candidate]) -> tuple[Language, ...]:
    """Those of the languages whose sample compiles and runs in this slot, with their versions."""
    found = [await _probe(slot, each) for each in tried]
    return tuple(each for each in found if each is not None)


async def _probe(slot: Slot, candidate: Candidate) -> Language | None:
    try:
        version = await _version(slot, candidate)
        language = await _working(slot, candidate) if version else None
    finally:
        slot.end_job()
    return replace(language, version=version) if language else None


async def _version(slot: Slot, candidate: Candidate) -> str:
    slot.send(run_request(pack_limits(LIMITS), b"", candidate.version))
    reply = await slot.receive(LIMITS.wall_time)
    number = VERSION.search(reply.output.decode(errors="replace")) if reply.clean else None
    return number.group() if number else ""


async def _working(slot: Slot, candidate: Candidate) -> Language | None:
    if not candidate.compilers:
        return candidate.language
    slot.send(source_request(candidate.language.source, candidate.sample.encode()))
    await slot.receive(LIMITS.wall_time)
    for compiler in candidate.compilers:
        slot.send(compile_request(compiler, candidate.language.artifact))
        if (await slot.receive(COMPILE_LIMITS.wall_time)).answer:
            return candidate.compiled_by(compiler)
    return None
