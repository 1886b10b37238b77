"""The guard as a route meets it: bound to the request, passed once, after everything sent is known to be valid."""

from starlette.requests import Request

from codex_gateway.errors import IdempotencyKeyReused, TooManyRequests
from codex_gateway.guard.guard import Claim, Guard
from codex_gateway.guard.identity import network
from codex_gateway.guard.limits import Limit, Limits
from codex_gateway.middleware.exchange import exchange_of
from codex_service.errors import Unauthenticated
from codex_service.tokens import Identity


class Gate:
    """Lets a request pass, or raises what stands against it.

    Raises (every method):
        Unauthenticated: the caller's session has ended.
        TooManyRequests: the limit is reached.
        DependencyUnavailable: the guard could not be asked.
    """

    def __init__(self, request: Request, guard: Guard, limits: Limits) -> None:
        self._exchange = exchange_of(request.scope)
        self._address = f"address:{network(request.client.host if request.client else '')}"
        self._guard = guard
        self._limits = limits

    async def read(self, caller: Identity) -> None:
        """For what a user does, apart from judging."""
        await self._pass(self._limits.read, _user(caller), session=caller.session)

    async def read_public(self, caller: Identity | None) -> None:
        """For what anybody may do. A user counts as that user, wherever they are."""
        await self._pass(self._limits.read, _user(caller) if caller else self._address)

    async def judge(self, caller: Identity, claim: Claim | None = None) -> None:
        """For programs to be judged; raises IdempotencyKeyReused when the claim's key came with something else."""
        await self._pass(self._limits.judge, _user(caller), session=caller.session, claim=claim)

    async def sign_in(self) -> None:
        """For what tries passwords."""
        await self._pass(self._limits.sign_in, self._address)

    async def _pass(self, limit: Limit, subject: str, *, session: str = "", claim: Claim | None = None) -> None:
        ruling = await self._guard.ask(limit, subject, session=session, claim=claim)
        if ruling.revoked:
            raise Unauthenticated("the session has ended")
        self._exchange.allowance = ruling.allowance
        if not ruling.admitted:
            raise TooManyRequests(ruling.retry_after)
        if claim and ruling.recorded not in ("", claim.digest):
            raise IdempotencyKeyReused("the idempotency key came before, with another body")


def _user(caller: Identity) -> str:
    return f"user:{caller.user}"
