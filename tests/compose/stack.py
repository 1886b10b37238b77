"""The platform as Compose runs it: one project of containers, and what the engine says about each."""

import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from codex_tools.stack.environment import caller, for_downloads
from tests.compose.commands import Failed, finished, run

Json = dict[str, Any]

PROJECT: Final = "codex-test"
VERSION: Final = "test"
SERVICES: Final = ("gateway", "auth-user", "problem", "code-manage", "code-execution", "collab")
SLOTS: Final = ("slot-1", "slot-2")
STORES: Final = ("kafka", "postgres", "mongo", "redis")
TELEMETRY: Final = ("collector", "tempo", "prometheus", "loki", "grafana")
ONCE: Final = ("secrets", "telemetry-volumes", "telemetry-probe")
_FILES: Final = ("docker-compose.yml", "compose.test.yml")
_PATIENCE: Final = 180  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A project of containers and the ports that it publishes. ``absent`` are services that there are no images for.

    ``seconds`` is how long it took to be healthy.
    """

    project: str
    gateway: int
    collab: int
    grafana: int
    traces: int
    absent: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway}"

    @property
    def traces_url(self) -> str:
        return f"http://127.0.0.1:{self.traces}"

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> "Stack":
        values = json.loads(file.read_text(encoding="utf-8"))
        return cls(**values | {"absent": tuple(values["absent"])})

    def environment(self) -> dict[str, str]:
        return for_downloads(caller()) | {
            "CODEX_VERSION": VERSION,
            "CODEX_GATEWAY_PORT": str(self.gateway),
            "CODEX_COLLAB_PORT": str(self.collab),
            "CODEX_GRAFANA_PORT": str(self.grafana),
            "CODEX_TRACES_PORT": str(self.traces),
        }

    def argv(self, *words: str) -> list[str]:
        files = [word for file in _FILES for word in ("--file", file)]
        return ["docker", "compose", "--progress=quiet", "--project-name", self.project, *files, *words]

    def compose(self, *words: str, timeout: float = _PATIENCE) -> str:
        """What ``docker compose`` says.

        Raises:
            Failed: it did not end with 0.
        """
        return run(self.argv(*words), timeout=timeout, environment=self.environment())

    def fails(self, *words: str, timeout: float = _PATIENCE) -> str:
        """What ``docker compose`` says when it must fail."""
        done = finished(self.argv(*words), timeout=timeout, environment=self.environment())
        text = done.stdout.decode()
        assert done.returncode != 0, text
        return text

    @property
    def running(self) -> tuple[str, ...]:
        """The services that stay."""
        return tuple(name for name in (*STORES, *SERVICES, *SLOTS, *TELEMETRY) if name not in self.absent)

    def up(self) -> float:
        """Start all of it and wait until it is healthy; the seconds that this took.

        Raises:
            Failed: it did not get healthy; the text has the end of all logs.
        """
        began = time.monotonic()
        services = sorted(set(self.compose("config", "--services").split()) - set(self.absent))
        try:
            self.compose("up", "--detach", "--wait", "--wait-timeout", str(_PATIENCE), *services, timeout=2 * _PATIENCE)
        except Failed as failure:
            states, logs = self.compose("ps", "--all"), self.compose("logs", "--tail=15", "--no-color")
            raise Failed(f"{failure}\n{states}\n{logs}") from failure
        return time.monotonic() - began

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "15")

    def configuration(self) -> Json:
        """What Compose made of the files."""
        found: Json = json.loads(self.compose("config", "--format", "json"))
        return found

    def container(self, service: str) -> Json:
        """All that the engine says about a service's container."""
        return self.containers([service])[service]

    def containers(self, services: Sequence[str] = ()) -> dict[str, Json]:
        """The same for several services, or all, by service."""
        ids = self.compose("ps", "--all", "--quiet", *services).split()
        found = json.loads(run(["docker", "inspect", *ids], timeout=60))
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def stands_in(self, service: str) -> bool:
        """Whether the image is one of our own in place of the official one."""
        return "codex.standin" in self.container(service)["Config"]["Labels"]

    def execute(self, service: str, *argv: str) -> str:
        """What a program says inside a container."""
        return self.compose("exec", "--no-tty", service, *argv)

    def memory(self) -> dict[str, float]:
        """MB that each container takes now, by service."""
        names = {each["Name"].strip("/"): service for service, each in self.containers().items()}
        lines = run(["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names], timeout=60)
        return {names[line.split()[0]]: _megabytes(line.split()[1]) for line in lines.splitlines()}

    def kill(self, service: str) -> None:
        """End its first process with signal 9, as a crash does. (`docker kill` counts as a wish: no restart.)"""
        process = self.container(service)["State"]["Pid"]
        seen_from_outside = ["docker", "run", "--rm", "--pid=host", "--user=0", "--cap-add=KILL", "--network=none"]
        run([*seen_from_outside, f"codex-init:{VERSION}", "sh", "-c", f"kill -9 {process}"], timeout=60)


def restarts(container: Mapping[str, Any]) -> int:
    count: int = container["RestartCount"]
    return count


def is_up(container: Mapping[str, Any]) -> bool:
    """Whether it runs and, where somebody can say, is healthy."""
    state = container["State"]
    return bool(state["Running"]) and state.get("Health", {}).get("Status", "healthy") == "healthy"


def new_stack(project: str = PROJECT) -> Stack:
    """A stack on ports that are free now."""
    gateway, collab, grafana, traces = _free_ports(4)
    return Stack(project=project, gateway=gateway, collab=collab, grafana=grafana, traces=traces)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _megabytes(text: str) -> float:
    units = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1}
    unit = next(unit for unit in units if text.endswith(unit))
    return float(text.removesuffix(unit)) * units[unit] / 1e6
