"""Health: neither limited nor traced."""

from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from codex_gateway.errors import Fault, problem_response
from codex_gateway.http.dependencies import TheParts
from codex_gateway.http.documented import failures
from codex_gateway.middleware.exchange import exchange_of
from codex_gateway.models.health import Alive, Ready
from codex_telemetry import quiet

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", responses=failures())
async def live() -> Alive:
    """The process serves."""
    return Alive()


@router.get("/ready", response_model=Ready, responses=failures("dependency_unavailable"))
async def ready(request: Request, parts: TheParts) -> Ready | Response:
    """Everything that the gateway needs answers; 503 names what doesn't."""
    with quiet():
        found = await parts.readiness.check()
    states: dict[str, Literal["up", "down"]] = {name: "up" if up else "down" for name, up in found.items()}
    if all(found.values()):
        return Ready(ready=True, dependencies=states)
    down = ", ".join(name for name, up in found.items() if not up)
    fault = Fault(code="dependency_unavailable", detail=f"down: {down}")
    extra = {"ready": False, "dependencies": states}
    return problem_response(fault, exchange_of(request.scope).trace_id, extra=extra)
