"""The ASGI application: routes, errors, and what lies around them."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from codex_gateway.http import auth, collab, events, health, leaderboard, problems, profile, submissions, traces
from codex_gateway.http.docs import add_docs
from codex_gateway.http.documented import add_error_schema
from codex_gateway.http.failures import handlers
from codex_gateway.http.parts import Parts
from codex_gateway.middleware.body_limit import BodyLimit
from codex_gateway.middleware.capacity import Capacity
from codex_gateway.middleware.head import HeadAsGet
from codex_gateway.settings import Settings

_ROUTES: Final = (auth, profile, problems, submissions, events, traces, leaderboard, collab, health)
_EXPOSED: Final = ("Location", "Retry-After", "X-Trace-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def create(parts: Parts) -> FastAPI:
    """The application over its parts. FastAPI's own telemetry stays off: one span a request, and not by it."""
    app = FastAPI(
        title="Codex",
        version="1",
        description="Solve problems: programs in, verdicts out.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=handlers(),
        middleware=_around(parts.settings),
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.parts = parts
    for module in _ROUTES:
        app.include_router(module.router)
    app.openapi_schema = _document(app)
    app.openapi = lambda: app.openapi_schema  # type: ignore[method-assign, assignment, return-value]
    add_docs(app)
    return app


def _around(settings: Settings) -> list[Middleware]:
    """From the outside in."""
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Prefer"],
        expose_headers=_EXPOSED,
    )
    own = [
        Middleware(Capacity, limit=settings.max_requests),
        Middleware(BodyLimit, limit=settings.max_body),
        Middleware(HeadAsGet),
    ]
    return [cors, *own] if origins else own


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    add_error_schema(document)
    return document
