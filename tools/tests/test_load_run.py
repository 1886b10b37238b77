"""``codex load`` on the whole platform."""

import json
from pathlib import Path

import pytest

from codex_tools.testing import running


@pytest.mark.timeout(240)
async def test_people_find_a_platform_without_faults_that_judges_every_program_as_it_deserves(tmp_path: Path) -> None:
    async with running(tmp_path / "codex") as stack:
        bars = ("faults=0", "wrong=0", "refused=0", "not-sent=0", "rate=1", "browse:p50=5s")
        words = [word for bar in bars for word in ("--expect", bar)]
        size = ("--rate", "8", "--seconds", "5", "--warm-up", "2", "--people", "4")
        outcome = await stack.codex("load", *size, *words, "--json", str(tmp_path / "load.json"))

    assert outcome.status == 0, outcome.text
    data = json.loads((tmp_path / "load.json").read_text())
    assert data["operations"]["all"]["done"] == data["operations"]["all"]["arrivals"] > 15
    assert {"browse.problem", "run.public", "submit.wait"} <= data["operations"].keys()
