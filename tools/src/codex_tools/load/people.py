"""Those who use the platform: signed up at the start, kept signed in as long as it takes."""

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codex_tools.load.api import USER, Api, Fault, Refused

_AT_ONCE = 4
_COUNTRIES = ("DE", "FR", "GB", "IN", "JP", "US")
_RENEW_AT = 0.7  # of a token's life
_RENEW_WITHIN = 10
_AGAIN = 1.0


@dataclass(slots=True)
class Person:
    """Somebody signed in. ``renew_at`` on the monotonic clock."""

    country: str
    token: str
    refresh_token: str
    renew_at: float


async def sign_up(api: Api, count: int) -> list[Person]:
    """So many new people, or as many as the gateway lets in: it limits sign-ups per address.

    Raises:
        Refused: not even one.
        Fault: sign-up does not work.
    """
    numbers = iter(range(count))
    rows = await asyncio.gather(*(_sign_up_some(api, numbers) for _ in range(min(count, _AT_ONCE))))
    people = [person for row, _ in rows for person in row]
    refusals = [refusal for _, refusal in rows if refusal]
    if refusals and not people:
        raise refusals[0]
    return people


async def keep_signed_in(api: Api, people: Sequence[Person]) -> None:
    """Renew every session before it ends; goes on until it is cancelled."""
    while True:
        person = min(people, key=lambda one: one.renew_at)
        await asyncio.sleep(max(0.0, person.renew_at - time.monotonic()))
        await _renew(api, person)


async def _sign_up_some(api: Api, numbers: Iterator[int]) -> tuple[list[Person], Refused | None]:
    people: list[Person] = []
    for number in numbers:
        try:
            people.append(await _one(api, _COUNTRIES[number % len(_COUNTRIES)]))
        except Refused as refusal:
            return people, refusal
    return people, None


async def _one(api: Api, country: str) -> Person:
    name = f"load_{secrets.token_hex(8)}"
    body = {"username": name, "email": f"{name}@example.org", "password": secrets.token_urlsafe(16), "country": country}
    session = await api.post(f"{USER}/auth/signup", body)
    return Person(country=country, **_tokens(session))


async def _renew(api: Api, person: Person) -> None:
    """A renewal that fails is tried again: until then the person's requests may be faults, and say so."""
    try:
        async with asyncio.timeout(_RENEW_WITHIN):
            session = await api.post(f"{USER}/auth/refresh", {"refresh_token": person.refresh_token})
    except (Refused, Fault, TimeoutError):
        person.renew_at = time.monotonic() + _AGAIN
        return
    tokens = _tokens(session)
    person.token, person.refresh_token = tokens["token"], tokens["refresh_token"]
    person.renew_at = tokens["renew_at"]


def _tokens(session: dict[str, Any]) -> dict[str, Any]:
    return {
        "token": session["access_token"],
        "refresh_token": session["refresh_token"],
        "renew_at": time.monotonic() + _RENEW_AT * session["expires_in"],
    }
