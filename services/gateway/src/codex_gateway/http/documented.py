"""What the OpenAPI document says about errors."""

from typing import Any

from codex_gateway.errors import KINDS, MEDIA_TYPE
from codex_gateway.models.errors import ErrorDetails

_BAD_REQUEST = 400
_SCHEMA = {"$ref": "#/components/schemas/ErrorDetails"}

Responses = dict[int | str, dict[str, Any]]


def failures(*codes: str) -> Responses:
    """The error answers of a route: one for each status, with an example for each code; any other by default."""
    responses: Responses = {}
    for code in (*codes, "internal"):
        status = "default" if code == "internal" else KINDS[code].status
        response = responses.setdefault(status, _response(KINDS[code].title))
        response["content"][MEDIA_TYPE]["examples"][code] = {"value": _example(code)}
    return responses


def malformed() -> Responses:
    """The answer to a query or a header that is not valid."""
    response = _response(KINDS["invalid_request"].title)
    example = {**_example("invalid_request"), "status": _BAD_REQUEST}
    response["content"][MEDIA_TYPE]["examples"]["invalid_request"] = {"value": example}
    return {_BAD_REQUEST: response}


def _response(title: str) -> dict[str, Any]:
    return {"description": title, "content": {MEDIA_TYPE: {"schema": _SCHEMA, "examples": {}}}}


def _example(code: str) -> dict[str, Any]:
    kind = KINDS[code]
    return {
        "type": f"urn:codex:error:{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title.lower(),
        "code": code,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }


def add_error_schema(document: dict[str, Any]) -> None:
    """Put the shape that ``failures`` refers to into the document."""
    schema = ErrorDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["ErrorDetails"] = schema
