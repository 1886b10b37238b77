"""Errors, by RFC 9457. Built in ``codex_gateway.errors``; here for the OpenAPI document."""

from codex_gateway.models.base import Answer


class FieldError(Answer):
    """One thing that is wrong in the input."""

    field: str
    message: str


class ErrorDetails(Answer):
    """What every error answer says (application/problem+json)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    trace_id: str
    errors: list[FieldError] | None = None
