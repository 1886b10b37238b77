"""The part of Tempo's query language that is understood: equality, joined by ``&&``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Place = Literal["name", "resource", "span", "any"]

_TERM = re.compile(
    r"""\s*(?:name|(?P<place>resource|span|)\.(?P<key>[\w.\-/]+))
        \s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false)\s*""",
    re.VERBOSE,
)
_TAG = re.compile(r"""\s*(?P<key>[\w.\-/]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^\s"]+)(?:\s+|$)""")
_PLACES: dict[str | None, Place] = {None: "name", "resource": "resource", "span": "span", "": "any"}


class QueryError(ValueError):
    """The query is malformed, or asks for more than this store can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One equality. ``value`` is the text of the literal: ``500`` equals the number and the string."""

    place: Place
    key: str
    value: str

    def holds(self, span: Span, resource: Resource) -> bool:
        match self.place:
            case "name":
                return span.name == self.value
            case "resource":
                return self._among(resource.attributes)
            case "span":
                return self._among(span.attributes)
            case "any":
                return self._among(span.attributes) or self._among(resource.attributes)

    def _among(self, attributes: Iterable[KeyValue]) -> bool:
        return any(item.key == self.key and _text(item.value) == self.value for item in attributes)


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that one span must meet together; without any, every span does."""

    conditions: tuple[Condition, ...] = ()

    def matches(self, span: Span, resource: Resource) -> bool:
        return all(condition.holds(span, resource) for condition in self.conditions)


def parse_traceql(text: str) -> Query:
    """Read ``{ resource.service.name = "x" && name = "y" }``.

    Raises:
        QueryError: it holds something else than equalities joined by ``&&``.
    """
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise QueryError("a query is written in braces: { ... }")
    inner = inner[1:-1]
    return Query(tuple(_conditions(inner))) if inner.strip() else Query()


def parse_tags(text: str) -> Query:
    """Read ``service.name=x http.route="/y"``: attributes of a span or of its resource.

    Raises:
        QueryError: it isn't a list of ``key=value``.
    """
    conditions = []
    position = 0
    while position < len(text):
        tag = _TAG.match(text, position)
        if tag is None:
            raise QueryError(f"not a key=value pair: {text[position:].strip()!r}")
        conditions.append(Condition(place="any", key=tag["key"], value=_literal(tag["value"])))
        position = tag.end()
    return Query(tuple(conditions))


def _conditions(text: str) -> Iterator[Condition]:
    position = 0
    while True:
        term = _TERM.match(text, position)
        if term is None:
            raise QueryError(f"only name, resource.x, span.x or .x = literal is understood, not {text[position:]!r}")
        yield Condition(place=_PLACES[term["place"]], key=term["key"] or "name", value=_literal(term["value"]))
        if term.end() == len(text):
            return
        if not text.startswith("&&", term.end()):
            raise QueryError(f"only && joins conditions, not {text[term.end() :]!r}")
        position = term.end() + len("&&")


def _literal(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _text(value: AnyValue) -> str | None:
    kind = value.WhichOneof("value")
    match kind:
        case "string_value" | "int_value" | "double_value":
            return str(getattr(value, kind))
        case "bool_value":
            return "true" if value.bool_value else "false"
        case _:
            return None
