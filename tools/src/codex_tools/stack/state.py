"""What others may know about a running stack: ``stack.json``, and the records that survive a killed supervisor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codex_tools.stack.files import read_json, write_json
from codex_tools.stack.home import Home
from codex_tools.stack.process import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything answers. None, and for the stores the empty string, is what was left out."""

    gateway: str | None
    collab: str | None
    traces: str | None
    otlp: str | None
    kafka: str = ""
    postgres: str = ""
    mongo: str = ""
    redis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One part as the supervisor last saw it. ``state`` is starting, running, restarting or stopped."""

    name: str
    store: bool
    port: int
    log: str
    state: str
    restarts: int
    process: Identity | None

    @property
    def public(self) -> dict[str, Any]:
        return {"pid": self.process.pid if self.process else None, "port": self.port, "log": self.log}


def publish(home: Home, addresses: Addresses, records: tuple[Record, ...]) -> None:
    """Write both files. ``stack.json`` names a part once it has a process."""
    write_json(home.records_file, {"parts": [_to_json(record) for record in records]})
    write_json(home.stack_file, stack_document(addresses, records))


def stack_document(addresses: Addresses, records: tuple[Record, ...]) -> dict[str, Any]:
    """The contents of ``stack.json``: addresses first, then processes by name."""
    started = [record for record in records if record.process]
    return {
        **{name: getattr(addresses, name) for name in ("gateway", "traces", "otlp")},
        **{name: getattr(addresses, name) or None for name in ("kafka", "postgres", "mongo", "redis", "collab")},
        "services": {record.name: record.public for record in started if not record.store},
        "stores": {record.name: record.public for record in started if record.store},
    }


def recorded(home: Home) -> tuple[Record, ...]:
    """What the last supervisor wrote; nothing where it left nothing readable."""
    return tuple(_from_json(part) for part in read_json(home.records_file).get("parts", []))


def withdraw(home: Home) -> None:
    """The stack runs no more."""
    home.stack_file.unlink(missing_ok=True)
    home.records_file.unlink(missing_ok=True)


def _to_json(record: Record) -> dict[str, Any]:
    fields = ("name", "store", "port", "log", "state", "restarts")
    process = record.process.to_json() if record.process else None
    return {**{field: getattr(record, field) for field in fields}, "process": process}


def _from_json(part: Mapping[str, Any]) -> Record:
    process = Identity(**part["process"]) if part["process"] else None
    return Record(**{**part, "process": process})
