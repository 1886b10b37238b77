"""Problems as files: one YAML document each, part of the package.

The tests of function problems are plain YAML there and JSON from here on.
"""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from codex_problem.problems.model import Problem

PROBLEMS: Traversable = files("codex_problem") / "data" / "problems"


def read_problems(folder: Traversable = PROBLEMS) -> list[Problem]:
    """All problems of a folder; raises ``pydantic.ValidationError`` for one that is not as it should be."""
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return [_read(folder / name) for name in names]


def _read(file: Traversable) -> Problem:
    document: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if document.get("kind") == "function":
        for test in (*document["public_tests"], *document.get("hidden_tests", ())):
            test.update({name: json.dumps(value, separators=(",", ":")) for name, value in test.items()})
    return Problem.model_validate(document)
