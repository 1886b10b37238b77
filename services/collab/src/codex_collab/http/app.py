"""What the HTTP port serves: sockets, and a sign of life."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from codex_collab.http.socket import Sockets

OPTIONS: Mapping[str, Any] = {
    "ws": "websockets-sansio",
    # Well above what a room takes: a larger message is refused with a code that tells the client not to try again.
    "ws_max_size": 8 * 1024 * 1024,
    # It would double the memory of a socket, to make messages smaller that are some forty bytes.
    "ws_per_message_deflate": False,
}


def application(sockets: Sockets) -> Starlette:
    return Starlette(
        routes=[
            WebSocketRoute("/ws/{session_id}", sockets.serve),
            Route("/health/live", _live),
        ]
    )


async def _live(request: Request) -> JSONResponse:  # noqa: ARG001 (Starlette's signature)
    return JSONResponse({"status": "ok"})
