"""The languages that programs may be written in."""

from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language as it can be run here. Command lines are argument vectors, never shell text.

    Their programs are paths in a slot, or names that are found there when they are executed.
    """

    id: str
    name: str
    version: str
    function_harness: bool
    source: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    artifact: str = ""
    zygote: bool = False
    time_factor: float = 1.0
    out_of_memory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A language before it was found usable: how to ask for its version, and what to try."""

    language: Language
    version: tuple[str, ...]
    compilers: tuple[tuple[str, ...], ...]
    sample: str

    def compiled_by(self, compiler: tuple[str, ...]) -> Language:
        """The language with this command line as its compiler's."""
        return replace(self.language, compile=compiler)


def candidates(python: str) -> list[Candidate]:
    """All languages we know; ``python`` is the interpreter of judged programs."""
    entries = yaml.safe_load(files("codex_code_execution.languages").joinpath("languages.yaml").read_text())
    return [_candidate(entry, python) for entry in entries]


def _candidate(entry: dict[str, Any], python: str) -> Candidate:
    language = Language(
        id=entry["id"],
        name=entry["name"],
        version="",
        function_harness=entry["function_harness"],
        source=entry["source"],
        run=_command(entry["run"], python),
        artifact=entry.get("artifact", ""),
        zygote=entry.get("zygote", False),
        time_factor=entry["time_factor"],
        out_of_memory=tuple(entry["out_of_memory"]),
    )
    return Candidate(
        language=language,
        version=_command(entry["version"], python),
        compilers=tuple(_command(words, python) for words in entry.get("compile", ())),
        sample=entry["sample"],
    )


def _command(words: list[str], python: str) -> tuple[str, ...]:
    program = python if words[0] == "python3" else words[0]
    return (program, *words[1:])
