"""The telemetry store: takes OTLP, answers Tempo's query API."""

from collections.abc import Mapping
from sys import executable

from codex_tools.stack import health
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note, Part, Recipe


def recipe(home: Home, otlp: int, http: int, environment: Mapping[str, str]) -> Recipe:
    """A store that takes OTLP over gRPC on one port and is asked on the other."""

    async def prepare(_: Note) -> Part:
        return Part(
            name="traces",
            word="codex_otlp_store",
            store=True,
            port=http,
            argv=(executable, "-m", "codex_otlp_store", "--otlp", f"127.0.0.1:{otlp}", "--http", f"127.0.0.1:{http}"),
            environment=environment,
            folder=home.folder,
            healthy=health.http(f"http://127.0.0.1:{http}/ready"),
        )

    return prepare
