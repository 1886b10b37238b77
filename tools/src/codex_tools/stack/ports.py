"""Which port each part listens on: the same as last time, unless somebody else has it now."""

import random
import socket
from collections.abc import Mapping
from contextlib import closing

from codex_tools.stack.files import read_json, write_json
from codex_tools.stack.home import Home

PREFERRED = {"gateway-service": 8000, "collab-http": 8001, "traces": 3200}
# Below the range from which Linux serves outgoing connections, so that a restarted part finds its port still free.
_CHOICE = range(18000, 32000)


def assign(home: Home, names: tuple[str, ...]) -> dict[str, int]:
    """A free loopback port for each name, remembered in the stack's folder."""
    remembered = {name: port for name, port in read_json(home.ports_file).items() if isinstance(port, int)}
    ports = choose(names, {**PREFERRED, **remembered})
    write_json(home.ports_file, {**remembered, **ports})
    return ports


def forget(home: Home) -> None:
    """Choose anew next time."""
    home.ports_file.unlink(missing_ok=True)


def choose(names: tuple[str, ...], wanted: Mapping[str, int]) -> dict[str, int]:
    """The wanted ports as far as they are free and different, other ones for the rest."""
    ports: dict[str, int] = {}
    for name in names:
        port = wanted.get(name)
        usable = port is not None and port not in ports.values() and is_free(port)
        ports[name] = port if usable and port is not None else _some_free(set(ports.values()) | set(wanted.values()))
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen there now, on loopback."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError:
            return False
    return True


def _some_free(avoid: set[int]) -> int:
    candidates = (random.choice(_CHOICE) for _ in range(1000))  # noqa: S311  (not a secret)
    return next(port for port in candidates if port not in avoid and is_free(port))
