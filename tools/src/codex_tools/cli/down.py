"""``codex down``: end the supervisor, and whatever a killed one left behind."""

import shutil

from rich.console import Console

from codex_tools.cli.console import show_events
from codex_tools.stack import postgres, progress, remote
from codex_tools.stack.home import Home


def down(home: Home, out: Console) -> int:
    """Stop the stack; 0 when no process of it is left."""
    seen = progress.length(home.progress_file)
    asked = remote.ask_to_end(home)
    if asked is not None:
        out.print(f"Stopping Codex in {home.folder}", soft_wrap=True)
        show_events(out, remote.events(home, from_line=seen))
        remote.wait_for_end(home, asked)
    found = remote.clear_leftovers(home)
    if found:
        out.print(f"Ended what a killed supervisor had left: {', '.join(found)}")
    elif asked is None:
        out.print(f"No stack runs in {home.folder}.", soft_wrap=True)
    return 0


def erase(home: Home) -> None:
    """Forget everything that a stopped stack has stored, the database that may lie elsewhere too."""
    postgres.remove_data(home)
    shutil.rmtree(home.folder, ignore_errors=True)
