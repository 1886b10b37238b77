"""Who is in a room, and where their cursors are.

A presence is a client id (made up by the page), a clock, and a state (a JSON object, or null for who has left).
Stock clients repeat what they hear from others, so a member is believed about one id only: the first it spoke for.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NoReturn

from codex_collab.errors import MalformedMessage
from codex_collab.rooms import protocol
from codex_collab.rooms.member import Member

_GONE = b"null"
_LARGEST_STATE = 4096  # bytes
_LARGEST_CLOCK = 2**48
_SILENCE = 30.0  # seconds; clients renew their presence every 15, and forget each other after 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What is said about one client id."""

    client: int
    clock: int
    state: bytes

    @property
    def gone(self) -> bool:
        return self.state == _GONE

    def newer_than(self, known: "Presence") -> bool:
        """The clients' own rule: a later clock counts, and leaving counts at the same clock."""
        return self.clock > known.clock or (self.clock == known.clock and self.gone and not known.gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    presence: Presence
    heard_at: float
    member: Member | None


class Awareness:
    """The presences of a room. Times are seconds of a monotonic clock. Methods return what others must be told."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}

    def hear(self, member: Member, presences: Iterable[Presence], now: float) -> list[Presence]:
        """What a member says: only its own presence is taken; raises MalformedMessage when that is no presence."""
        heard = list(presences)
        if member.client is None and len(heard) == 1:
            return self._introduce(member, heard[0], now)
        return [self._keep(own, now, member) for own in heard if own.client == member.client and self._is_news(own)]

    def learn(self, presences: Iterable[Presence], now: float) -> list[Presence]:
        """What another instance says."""
        return [self._keep(news, now, None) for news in presences if self._is_news(news)]

    def withdraw(self, member: Member, now: float) -> list[Presence]:
        """Say for a member who has left that it is gone."""
        known = self._known.get(member.client) if member.client is not None else None
        if known is None or known.member is not member or known.presence.gone:
            return []
        gone = replace(known.presence, clock=known.presence.clock + 1, state=_GONE)
        return [self._keep(gone, now, None)]

    def present(self) -> list[Presence]:
        """Everybody who is in the room, in any instance."""
        return [known.presence for known in self._known.values() if not known.presence.gone]

    def of_members(self) -> list[Presence]:
        """Everybody who is in the room through this instance."""
        return [known.presence for known in self._known.values() if known.member and not known.presence.gone]

    def forget_silent(self, now: float) -> None:
        """Forget whom nobody has heard of for 30 seconds: clients have done the same."""
        self._known = {client: known for client, known in self._known.items() if now - known.heard_at < _SILENCE}

    def _introduce(self, member: Member, first: Presence, now: float) -> list[Presence]:
        """The first presence of a socket says whom it speaks for, unless that is somebody else who is here."""
        known = self._known.get(first.client)
        if first.gone or (known and known.member and known.member.user != member.user):
            return []
        member.client = first.client
        if known:
            # It comes back after a lost connection: others know a later clock, and would not notice the return.
            first = replace(first, clock=max(first.clock, known.presence.clock + 1))
        return [self._keep(first, now, member)]

    def _is_news(self, presence: Presence) -> bool:
        known = self._known.get(presence.client)
        return known is None or presence.newer_than(known.presence)

    def _keep(self, presence: Presence, now: float, member: Member | None) -> Presence:
        if member:
            _check(presence)
        self._known[presence.client] = _Known(presence=presence, heard_at=now, member=member)
        return presence


def read_presences(payload: bytes) -> list[Presence]:
    """Presences as they stand in an awareness message; raises MalformedMessage."""
    reader = protocol.Reader(payload)
    return [
        Presence(client=reader.number(), clock=reader.number(), state=reader.buffer())
        for _ in range(reader.count(least=3))
    ]


def write_presences(presences: Iterable[Presence]) -> bytes:
    """The payload of an awareness message."""
    entries = [
        protocol.number(each.client) + protocol.number(each.clock) + protocol.buffer(each.state) for each in presences
    ]
    return protocol.number(len(entries)) + b"".join(entries)


def _check(presence: Presence) -> None:
    if len(presence.state) > _LARGEST_STATE or presence.clock > _LARGEST_CLOCK:
        raise MalformedMessage("a presence is too large")
    try:
        state = json.loads(presence.state.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedMessage("a presence is not JSON") from None
    if not isinstance(state, dict | None):
        raise MalformedMessage("a presence is not an object")


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity: JSON to Python alone."""
    raise ValueError(name)
