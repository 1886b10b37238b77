"""HEAD, for every route that has GET."""

from starlette.types import ASGIApp, Receive, Scope, Send

from codex_gateway.middleware.exchange import exchange_of


class HeadAsGet:
    """Routes HEAD to GET's handler; the server sends its answer without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return
        exchange_of(scope).bodiless = True
        # A copy: the server must still see that no body is wanted.
        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send)
        finally:
            # By it, whoever is outside names what has answered.
            scope["route"] = as_get.get("route")
