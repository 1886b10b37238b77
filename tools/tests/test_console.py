"""What a person reads when something fails."""

import io
import json
from pathlib import Path

from rich.console import Console

from codex_tools.cli.console import show_events


def test_a_failure_is_shown_with_the_end_of_the_log_that_explains_it(tmp_path: Path) -> None:
    trace = "Traceback (most recent call last):\n" + "  File ...\n" * 30 + "ValueError: no such setting"
    (tmp_path / "gateway.log").write_text("first\n" + json.dumps({"event": "failed to start", "exception": trace}))
    out = Console(file=io.StringIO(), width=160, no_color=True)

    outcome = show_events(out, [{"event": "failed", "text": "It ends.", "log": str(tmp_path / "gateway.log")}])

    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert outcome == "failed"
    assert all(words in text for words in ("It ends.", "first", "failed to start", "ValueError: no such setting"))
    assert len(text.splitlines()) < 15
