"""Protobuf by hand, as far as OTLP needs it.

Protobuf in short: a field is a tag (its number and the way its value is written) and its value. Messages, texts and
bytes have their length in front; whole numbers are written in groups of seven bits, the lowest first. Fields that
have their default are left out, but for those of ``AnyValue``, which tell its type.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

fixed32 = struct.Struct("<I").pack
fixed64 = struct.Struct("<Q").pack
_double = struct.Struct("<d").pack

Attributes = Mapping[str, Any] | None


def of_resource(resource: Resource, scopes: Iterable[bytes]) -> bytes:
    """``ResourceSpans`` or ``ResourceLogs``: who sends, and what, as ``of_scope`` gives it."""
    parts = [field(b"\x0a", attributes(b"\x0a", resource.attributes))]
    parts += [field(b"\x12", scope) for scope in scopes]
    parts.append(text(b"\x1a", resource.schema_url))
    return b"".join(parts)


def of_scope(scope: InstrumentationScope | None, fields: Iterable[bytes]) -> bytes:
    """``ScopeSpans`` or ``ScopeLogs``: the spans or records of one scope, as fields."""
    if scope is None:
        return b"\x0a\x00" + b"".join(fields)
    name = text(b"\x0a", scope.name) + text(b"\x12", scope.version) + attributes(b"\x1a", scope.attributes)
    return b"".join((field(b"\x0a", name), *fields, text(b"\x1a", scope.schema_url)))


def attributes(tag: bytes, items: Attributes) -> bytes:
    """Each item as a ``KeyValue`` under the tag."""
    if not items:
        return b""
    return b"".join(
        [
            _cached_attribute(tag, key, value) if isinstance(value, (str, int)) else attribute(tag, key, value)
            for key, value in items.items()
        ]
    )


def attribute(tag: bytes, key: str, value: Any) -> bytes:
    return field(tag, text(b"\x0a", key) + field(b"\x12", any_value(value)))


# Most attributes are the same in many spans. Typed, because True and 1 are equal but not written alike.
_cached_attribute = lru_cache(maxsize=4096, typed=True)(attribute)


def any_value(value: Any) -> bytes:  # noqa: PLR0911 - one line for each type
    """The content of an ``AnyValue``; what is of no type of its own is written as text."""
    match value:
        case None:
            return b""
        case str():
            return field(b"\x0a", value.encode("utf-8", "replace"))
        case bool():
            return b"\x10\x01" if value else b"\x10\x00"
        case int() if -(2**63) <= value < 2**63:
            return b"\x18" + varint(value & 0xFFFF_FFFF_FFFF_FFFF)
        case float():
            return b"\x21" + _double(value)
        case bytes():
            return field(b"\x3a", value)
        case Mapping():
            return field(b"\x32", attributes(b"\x0a", {str(key): item for key, item in value.items()}))
        case Sequence():
            return field(b"\x2a", b"".join([field(b"\x0a", any_value(item)) for item in value]))
        case _:
            return any_value(str(value))


def text(tag: bytes, content: str | None) -> bytes:
    return field(tag, content.encode("utf-8", "replace")) if content else b""


def count(tag: bytes, number: int) -> bytes:
    return tag + varint(number) if number else b""


def field(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content


def varint(number: int) -> bytes:
    if number < _MORE:
        return _ONE_BYTE[number]
    groups = bytearray()
    while number >= _MORE:
        groups.append(number % _MORE | _MORE)
        number >>= 7
    groups.append(number)
    return bytes(groups)


# The bit that says that another group follows; below it, a number is its own byte.
_MORE: Final = 0x80
_ONE_BYTE: Final = [bytes((number,)) for number in range(_MORE)]
