"""``python -m codex_tools.simulation.document FILE``: print every table of a page anew, by the command above it."""

import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from codex_tools.simulation.__main__ import table

_SHOWN = re.compile(
    r"(```sh\n\.venv/bin/python -m codex_tools\.simulation (?P<words>.*)\n```\n\n)(?P<table>(?:\|.*\n)+)"
)


def renewed(text: str, *, wanted: Callable[[str], bool] = lambda _: True) -> str:
    """The text with the tables that are wanted, by their commands' words, as they come out now."""

    def shown(match: re.Match[str]) -> str:
        words = match["words"]
        return match[1] + (table(shlex.split(words)).markdown() if wanted(words) else match["table"])

    return _SHOWN.sub(shown, text)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(renewed(file.read_text()))
