"""One WebSocket, from the handshake to its end."""

import asyncio
import time

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from codex_collab.errors import MalformedMessage
from codex_collab.http.closing import code_of
from codex_collab.http.credentials import Credentials, credentials
from codex_collab.http.pace import Pace
from codex_collab.rooms.hub import Hub
from codex_collab.rooms.member import Member
from codex_collab.rooms.room import Room
from codex_collab.sessions.admission import Admission
from codex_service.errors import ServiceError, Unauthenticated
from codex_service.grpc.errors import Outages
from codex_service.tokens import Identity

log = structlog.get_logger()

_ADMISSION = 10.0  # seconds until a client is in its room, or is told to try again
_SEND = 10.0  # seconds that one message may take: a client that reads nothing is given up
_RATE, _BURST = 200, 400  # messages a second, messages at once


class Sockets:
    """Serves sockets: admits the client, then carries messages between it and its room."""

    def __init__(self, admission: Admission, hub: Hub, outages: Outages) -> None:
        self._admission = admission
        self._hub = hub
        self._outages = outages

    async def serve(self, socket: WebSocket) -> None:
        """Accept first, whoever it is: the code of a refusal reaches a browser only over an open socket."""
        offered = credentials(socket.scope["subprotocols"])
        await socket.accept(subprotocol=offered.protocol)
        session: str = socket.path_params["session_id"]
        try:
            async with asyncio.timeout(_ADMISSION):
                identity, room = await self._enter(session, offered)
        except Exception as error:  # noqa: BLE001 (translated, and logged if nobody foresaw it)
            await _close(socket, self._outages.as_service_error(error))
        else:
            await _converse(socket, room, identity)

    async def _enter(self, session: str, offered: Credentials) -> tuple[Identity, Room]:
        identity = await self._admission.admit(
            session, access_token=offered.access_token, invite_token=offered.invite_token
        )
        return identity, await self._hub.room(session)


async def _converse(socket: WebSocket, room: Room, identity: Identity) -> None:
    member = Member(identity.user)
    expired = Unauthenticated("the access token has expired")
    expiry = asyncio.get_running_loop().call_later(identity.expires_at - time.time(), member.close, expired)
    reading = asyncio.create_task(_read(socket, room, member), name="read")
    try:
        await _write(socket, member)
    except (WebSocketDisconnect, TimeoutError):
        log.info("a client vanished", session=room.session, user=member.user)
    finally:
        member.close()
        expiry.cancel()
        reading.cancel()
        room.leave(member)
        await asyncio.gather(reading, return_exceptions=True)


async def _read(socket: WebSocket, room: Room, member: Member) -> None:
    """Have the room do what the client says until one of them closes; however this ends, the member is closed."""
    pace = Pace(rate=_RATE, burst=_BURST)
    try:
        room.join(member)
        while not member.closed:
            await pace.next()
            await room.outbox.space()
            room.receive(member, await _next(socket))
    except WebSocketDisconnect:
        member.close()
    except ServiceError as error:
        log.info("a client was refused", session=room.session, user=member.user, code=error.code)
        member.close(error)
    except Exception:
        log.exception("a message could not be served", session=room.session)
        member.close(ServiceError("an internal error"))


async def _next(socket: WebSocket) -> bytes:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    data: bytes | None = message.get("bytes")
    if data is None:
        raise MalformedMessage("only binary messages are spoken here")
    return data


async def _write(socket: WebSocket, member: Member) -> None:
    """Carry the room's messages until the member is closed, then say why."""
    while messages := await member.outgoing():
        for message in messages:
            async with asyncio.timeout(_SEND):
                await socket.send_bytes(message)
    async with asyncio.timeout(_SEND):
        await _close(socket, member.reason)


async def _close(socket: WebSocket, reason: ServiceError | None) -> None:
    try:
        await socket.close(code_of(reason), reason.message if reason else "")
    except (WebSocketDisconnect, RuntimeError):
        log.debug("the client was gone already")
