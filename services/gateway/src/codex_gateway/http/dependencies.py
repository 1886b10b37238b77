"""What routes ask for in their signatures."""

from typing import Annotated, Final, cast

from fastapi import Depends, Header, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from codex_gateway.backends import Backends
from codex_gateway.guard.identity import identify, identify_if_possible
from codex_gateway.http.gate import Gate
from codex_gateway.http.parts import Parts
from codex_gateway.http.preferences import Preference, preference
from codex_gateway.models.base import TEXT
from codex_service.tokens import Identity

_BEARER: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="access_token")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


async def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


TheParts = Annotated[Parts, Depends(_parts)]


async def _backends(parts: TheParts) -> Backends:
    return parts.backends


async def _gate(request: Request, parts: TheParts) -> Gate:
    return Gate(request, parts.guard, parts.limits)


async def _user(credentials: Credentials, parts: TheParts) -> Identity:
    return await identify(credentials.credentials if credentials else None, parts.verifier)


async def _anybody(credentials: Credentials, parts: TheParts) -> Identity | None:
    return await identify_if_possible(credentials.credentials if credentials else None, parts.verifier)


async def _preference(
    parts: TheParts,
    prefer: Annotated[
        list[str] | None,
        Header(description="`respond-async`, or `wait=N` for N seconds, 1 to 60 (RFC 7240)", examples=["wait=5"]),
    ] = None,
) -> Preference:
    return preference(prefer or (), parts.settings.default_wait)


TheBackends = Annotated[Backends, Depends(_backends)]
TheGate = Annotated[Gate, Depends(_gate)]
TheUser = Annotated[Identity, Depends(_user)]
Anybody = Annotated[Identity | None, Depends(_anybody)]
ThePreference = Annotated[Preference, Depends(_preference)]

Limit = Annotated[int, Query(ge=1, le=100)]
Text = Annotated[str, Query(max_length=100, pattern=TEXT)]
Cursor = Annotated[str, Query(description="`next_cursor` of the page before.")]
