"""The languages that programs may be written in."""

import shutil
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import yaml

PROGRAMS = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language as it can be run here. Command lines are argument vectors, never shell text."""

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
    """All languages we know whose programs exist; ``python`` is the interpreter of judged programs."""
    entries = yaml.safe_load(files("codex_code_execution.languages").joinpath("languages.yaml").read_text())
    found = {"python3": python}
    return [candidate for entry in entries if (candidate := _candidate(entry, found)) is not None]


def _candidate(entry: dict[str, Any], found: dict[str, str]) -> Candidate | None:
    compilers = [_resolve(words, found) for words in entry.get("compile", ())]
    version = _resolve(entry["version"], found)
    run = tuple(entry["run"]) if compilers else _resolve(entry["run"], found)
    if version is None or run is None or None in compilers:
        return None
    language = Language(
        id=entry["id"],
        name=entry["name"],
        version="",
        function_harness=entry["function_harness"],
        source=entry["source"],
        run=run,
        artifact=entry.get("artifact", ""),
        zygote=entry.get("zygote", False),
        time_factor=entry["time_factor"],
        out_of_memory=tuple(entry["out_of_memory"]),
    )
    return Candidate(
        language=language,
        version=version,
        compilers=tuple(each for each in compilers if each is not None),
        sample=entry["sample"],
    )


def _resolve(words: list[str], found: dict[str, str]) -> tuple[str, ...] | None:
    """The words with their program's full path; None when it isn't installed where slots can see it."""
    program = found.get(words[0]) or shutil.which(words[0], path=PROGRAMS)
    return None if program is None else (program, *words[1:])
