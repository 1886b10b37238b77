"""OTLP in JSON: camelCase names, hex ids, times as strings of nanoseconds, enums as numbers."""

import base64
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

_IDS = ("traceId", "spanId", "parentSpanId")


def to_json(resource_spans: ResourceSpans) -> dict[str, Any]:
    tree: dict[str, Any] = MessageToDict(resource_spans, use_integers_for_enums=True)
    for scope_spans in tree["scopeSpans"]:
        for span in scope_spans["spans"]:
            _ids_to_hex((span, *span.get("links", ())))
    return tree


def _ids_to_hex(messages: Iterable[dict[str, Any]]) -> None:
    """Protobuf's own JSON has bytes in base64; OTLP makes an exception for ids."""
    for message in messages:
        for field in _IDS:
            if field in message:
                message[field] = base64.b64decode(message[field]).hex()
