"""Turning on the instrumentation of the libraries that a service uses, and no other."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from opentelemetry.distro import OpenTelemetryDistro
from opentelemetry.trace import Span

from codex_telemetry.attributes import DB_COLLECTION_NAME, DB_OPERATION_NAME
from codex_telemetry.services import Library

_HANDSHAKES: Final = frozenset({"hello", "saslStart", "saslContinue", "endSessions"})


def instrument(libraries: Collection[Library]) -> None:
    """Patch the libraries that are used through their own classes; HTTP and gRPC are wired where they are built."""
    for library in sorted(_BY_LIBRARY.keys() & libraries):
        _patch(library)


@cache
def _patch(library: Library) -> None:
    """Once in a process, however many services are set up in it."""
    _BY_LIBRARY[library]()


def _postgresql() -> None:
    _contributed(Library.POSTGRESQL)


def _mongodb() -> None:
    from opentelemetry.instrumentation.pymongo import CommandTracer  # noqa: PLC0415 - a library one has

    _contributed(Library.MONGODB, request_hook=_describe_command)
    CommandTracer.started = _without_handshakes(CommandTracer.started)  # type: ignore[method-assign,assignment]  # a hook


def _without_handshakes(started: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """A pool that grows amid a trace shakes hands on its account, which tells nobody anything."""

    def started_unless_handshake(tracer: Any, event: Any) -> None:
        if event.command_name not in _HANDSHAKES:
            started(tracer, event)

    return started_unless_handshake


def _kafka() -> None:
    from codex_telemetry.producing import instrument as instrument_producer  # noqa: PLC0415 - a library few have

    instrument_producer()


def _redis() -> None:
    from codex_telemetry.redis import instrument as instrument_redis  # noqa: PLC0415 - a library not all have

    instrument_redis()


def _contributed(library: Library, **options: Any) -> None:
    """Load one contributed instrumentation through the distribution's loader."""
    (entry_point,) = entry_points(group="opentelemetry_instrumentor", name=library.value)
    OpenTelemetryDistro().load_instrumentor(entry_point, **options)


def _describe_command(span: Span, event: Any) -> None:
    """``find submissions``: operation and collection, as the conventions want it."""
    command: str = event.command_name
    collection = event.command.get("collection") if command == "getMore" else event.command.get(command)
    span.set_attribute(DB_OPERATION_NAME, command)
    if isinstance(collection, str):
        span.set_attribute(DB_COLLECTION_NAME, collection)
        span.update_name(f"{command} {collection}")
    else:
        span.update_name(command)


_BY_LIBRARY: Final[Mapping[Library, Callable[[], None]]] = {
    Library.KAFKA: _kafka,
    Library.MONGODB: _mongodb,
    Library.POSTGRESQL: _postgresql,
    Library.REDIS: _redis,
}
