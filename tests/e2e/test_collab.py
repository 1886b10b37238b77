"""Editing together, over the WebSocket that the platform names. The protocol is that of y-websocket."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pycrdt import (
    Doc,
    Text,
    TransactionEvent,
    YMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.e2e.client import Person, Platform, eventually, refused
from tests.e2e.spans import Json

SESSIONS = "/api/v1/user/collab/sessions"


class Page:
    """A browser page with a shared text."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._doc: Doc[Text] = Doc()
        self._code = self._doc.get("code", type=Text)
        self._hearing = False
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._doc.observe(self._changed)

    @property
    def text(self) -> str:
        return str(self._code)

    def type(self, text: str, *, at: int = 0) -> None:
        self._code.insert(at, text)

    async def live(self) -> None:
        """Carry messages both ways until the socket ends."""
        await self._socket.send(create_sync_message(self._doc))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send())
            group.create_task(self._hear())

    async def _send(self) -> None:
        while True:
            await self._socket.send(await self._unsent.get())

    async def _hear(self) -> None:
        async for message in self._socket:
            assert isinstance(message, bytes)
            if message[0] == YMessageType.SYNC:
                self._hearing = True
                reply = handle_sync_message(message[1:], self._doc)
                self._hearing = False
                if reply:
                    self._unsent.put_nowait(reply)

    def _changed(self, event: TransactionEvent) -> None:
        if not self._hearing:
            self._unsent.put_nowait(create_update_message(event.update))


@asynccontextmanager
async def opened(session: Json, person: Person) -> AsyncIterator[Page]:
    async with connect(session["websocket_url"], subprotocols=tokens(person.access_token, session)) as socket:
        assert socket.subprotocol == "y-codex"
        page = Page(socket)
        life = asyncio.create_task(page.live())
        try:
            yield page
        finally:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)


def tokens(access_token: str, session: Json) -> list[Subprotocol]:
    offered = ["y-codex", f"jwt.{access_token}", f"invite.{session['invite_token']}"]
    return [Subprotocol(each) for each in offered]


async def new_session(platform: Platform, person: Person, **wish: str) -> Json:
    answer = await platform.post(person, SESSIONS, wish)
    assert answer.status_code == 201, answer.text
    session: Json = answer.json()
    return session


async def closing_code(url: str, subprotocols: list[Subprotocol]) -> int | None:
    """How the server closes a socket that it should not serve."""
    async with connect(url, subprotocols=subprotocols) as socket, asyncio.timeout(10):
        await socket.wait_closed()
        return socket.close_code


async def test_a_session_is_answered_with_all_that_it_takes_to_join(platform: Platform, ada: Person) -> None:
    session = await new_session(platform, ada, problem="two-sum", language="python")

    assert session.keys() == {"session_id", "invite_token", "websocket_url"}
    assert session["websocket_url"].startswith(("ws://", "wss://"))
    assert session["invite_token"] not in session["websocket_url"]


async def test_two_people_in_one_room_end_with_the_same_text(platform: Platform, ada: Person, grace: Person) -> None:
    session = await new_session(platform, ada)
    async with opened(session, ada) as hers, opened(session, grace) as his:
        hers.type("def two_sum():\n")
        await _until_same(hers, his, containing="def two_sum")
        for number in range(50):
            hers.type(f"<{number}>")
            his.type(f"[{number}]", at=len(his.text))
        await _until_same(hers, his, containing="[49]")

        assert all(f"<{number}>" in his.text and f"[{number}]" in hers.text for number in range(50))


async def test_who_joins_later_gets_the_whole_text(platform: Platform, ada: Person, grace: Person) -> None:
    session = await new_session(platform, ada)
    async with opened(session, ada) as hers:
        hers.type("first\n")
        async with opened(session, grace) as his:
            await _until_same(hers, his, containing="first")
    async with opened(session, grace) as again:
        await _until_same(again, again, containing="first")


async def test_rooms_do_not_hear_each_other(platform: Platform, ada: Person, grace: Person) -> None:
    mine, other = await new_session(platform, ada), await new_session(platform, ada)
    async with opened(mine, ada) as hers, opened(other, ada) as elsewhere, opened(mine, grace) as his:
        hers.type("mine")
        await _until_same(hers, his, containing="mine")
        assert elsewhere.text == ""


async def _until_same(one: Page, other: Page, *, containing: str) -> None:
    async def same() -> bool:
        return one.text == other.text and containing in one.text

    await eventually(same, what="both see the same text")


async def test_a_bad_access_token_is_closed_with_4401(platform: Platform, ada: Person) -> None:
    session = await new_session(platform, ada)

    for token in ("", "no.such.token"):
        assert await closing_code(session["websocket_url"], tokens(token, session)) == 4401


async def test_a_token_of_a_session_that_was_logged_out_is_closed_with_4401(platform: Platform, ada: Person) -> None:
    session = await new_session(platform, ada)
    await platform.http.post("/api/v1/user/auth/logout", headers=ada.headers)

    assert await closing_code(session["websocket_url"], tokens(ada.access_token, session)) == 4401


async def test_who_was_not_invited_is_closed_with_4403_and_a_room_that_is_none_with_4404(
    platform: Platform, ada: Person, grace: Person
) -> None:
    session = await new_session(platform, ada)
    nowhere = session["websocket_url"].replace(session["session_id"], str(uuid.uuid4()))

    uninvited = tokens(grace.access_token, session | {"invite_token": "guessed"})
    assert await closing_code(session["websocket_url"], uninvited) == 4403
    assert await closing_code(nowhere, tokens(ada.access_token, session)) == 4404


async def test_a_session_needs_a_user(platform: Platform) -> None:
    refused(await platform.http.post(SESSIONS, json={}), 401, "unauthenticated")
