"""The MongoDB protocol: secantusdb, a separate process in an environment of its own, every write synced."""

from collections.abc import Mapping

from codex_tools.stack import health
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note, Part, Recipe
from codex_tools.stack.pinned import environment_of


def uri(port: int) -> str:
    """The address of our own server. It slows down with remembered retryable writes, so they are off."""
    return f"mongodb://127.0.0.1:{port}/codex?directConnection=true&retryWrites=false"


def recipe(home: Home, port: int, environment: Mapping[str, str]) -> Recipe:
    async def prepare(note: Note) -> Part:
        programs = await environment_of(home, "secantusdb", note) / "bin"
        folder = home.folder / "mongo"
        folder.mkdir(exist_ok=True)
        options = ("--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder), "--sync-on-commit")
        return Part(
            name="mongo",
            word="secantusd-py",
            store=True,
            port=port,
            argv=(str(programs / "secantusd-py"), *options, "--log-level", "WARNING"),
            environment=environment,
            folder=folder,
            healthy=health.mongo(uri(port)),
            watched=True,
        )

    return prepare
