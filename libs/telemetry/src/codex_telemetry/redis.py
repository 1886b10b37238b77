"""Redis: a CLIENT span for a command or a pipeline, with the kind of key that it touches.

Written by hand because the contributed instrumentation names a pipeline by all of its commands, calls no hook for
it, and costs twice as much.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue
from redis.asyncio.client import Pipeline, Redis
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import WatchError

from codex_telemetry import attributes as keys
from codex_telemetry.current import span_context

_Method = Callable[..., Awaitable[Any]]

_tracer = trace.get_tracer("codex_telemetry.redis")

_KEYLESS: Final = frozenset(
    {"ACL", "AUTH", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DBSIZE", "ECHO", "EXEC", "FLUSHALL", "FLUSHDB"}
    | {"FUNCTION", "HELLO", "INFO", "MULTI", "PING", "QUIT", "SCAN", "SCRIPT", "SELECT", "TIME", "UNWATCH", "WAIT"}
)
_SCRIPTED: Final = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"})
_STREAMED: Final = frozenset({"XREAD", "XREADGROUP"})
_LONGEST: Final = 120
_DIGIT: Final = re.compile(r"\d")

_servers: WeakKeyDictionary[ConnectionPool, dict[str, AttributeValue]] = WeakKeyDictionary()


def instrument() -> None:
    """Patch the asyncio client. Clients that exist already are traced as well."""
    for owner, name, traced in (
        (Redis, "execute_command", _traced_command),
        (Pipeline, "immediate_execute_command", _traced_command),
        (Pipeline, "execute", _traced_pipeline),
    ):
        setattr(owner, name, traced(getattr(owner, name)))


def key_pattern(key: object) -> str:
    """``submission:01890d3c`` -> ``submission:*``: the first word of a key says what it is about, the rest who."""
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
    first, separator, _ = text.partition(":")
    word = "*" if _DIGIT.search(first) else first
    return word + ":*" if separator else word


def _traced_command(original: _Method) -> _Method:
    @functools.wraps(original)
    async def execute(self: Redis, *args: Any, **options: Any) -> Any:
        if not _is_wanted():
            return await original(self, *args, **options)
        name = str(args[0])
        span = _tracer.start_span(name, kind=SpanKind.CLIENT, attributes=_describe(self, name, [args]))
        return await _observed(span, original(self, *args, **options))

    return execute


def _traced_pipeline(original: _Method) -> _Method:
    @functools.wraps(original)
    async def execute(self: Pipeline, *args: Any, **options: Any) -> Any:
        commands = [command[0] for command in self.command_stack]
        if not commands or not _is_wanted():
            return await original(self, *args, **options)
        name = _pipeline_name(commands, "MULTI" if self.is_transaction else "PIPELINE")
        attributes = _describe(self, name, commands)
        if len(commands) > 1:
            attributes[keys.DB_OPERATION_BATCH_SIZE] = len(commands)
        span = _tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        return await _observed(span, original(self, *args, **options))

    return execute


def _is_wanted() -> bool:
    """Nothing is recorded outside a sampled trace: what isn't part of one is polling.

    The current span may have ended: work beside the answer goes on below it.
    """
    current = span_context()
    return current is not None and current.trace_flags.sampled and is_instrumentation_enabled()


async def _observed(span: Span, answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except WatchError:
        # Somebody else was faster: the normal way of an optimistic transaction.
        raise
    except Exception as error:
        span.set_attribute(keys.ERROR_TYPE, type(error).__qualname__)
        span.set_status(StatusCode.ERROR, str(error))
        raise
    finally:
        span.end()


def _describe(client: Redis, operation: str, commands: Sequence[Sequence[Any]]) -> dict[str, AttributeValue]:
    attributes = {**_server(client), keys.DB_OPERATION_NAME: operation}
    patterns = dict.fromkeys(key_pattern(key) for args in commands if (key := _key(args)) is not None)
    if patterns:
        attributes[keys.REDIS_KEY_PATTERN] = " ".join(patterns)[:_LONGEST]
    return attributes


def _server(client: Redis) -> dict[str, AttributeValue]:
    """What is the same for every command of a pool."""
    pool = client.connection_pool
    if pool not in _servers:
        connection = pool.connection_kwargs
        _servers[pool] = {
            keys.DB_SYSTEM_NAME: "redis",
            keys.DB_NAMESPACE: str(connection.get("db") or 0),
            keys.SERVER_ADDRESS: connection.get("path") or connection.get("host", "localhost"),
            keys.SERVER_PORT: connection.get("port", 6379),
        }
    return _servers[pool]


def _pipeline_name(commands: Sequence[Sequence[Any]], kind: str) -> str:
    """``PIPELINE SET`` for many of one sort, ``PIPELINE`` for a mixture."""
    names = {str(args[0]) for args in commands}
    return f"{kind} {names.pop()}" if len(names) == 1 else kind


def _key(args: Sequence[Any]) -> object | None:
    """The first key of a command."""
    command = str(args[0]).partition(" ")[0].upper()
    if command in _KEYLESS:
        return None
    if command in _SCRIPTED:
        position = 3 if int(args[2]) else len(args)
    elif command in _STREAMED:
        position = 1 + next(index for index, arg in enumerate(args) if arg in {"STREAMS", b"STREAMS"})
    else:
        position = 1
    return args[position] if position < len(args) else None
