"""The framing of y-websocket messages, against the bytes that stock clients send."""

import random
from itertools import pairwise

import pytest

from codex_collab.errors import MalformedMessage
from codex_collab.rooms import protocol
from codex_collab.rooms.awareness import Presence, read_presences, write_presences
from codex_collab.rooms.log import START, Position
from codex_collab.rooms.protocol import Step


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (b"\x00\x00\x01\x00", protocol.Sync(Step.HAVE, b"\x00")),
        (b"\x00\x01\x02\x00\x00", protocol.Sync(Step.LACK, b"\x00\x00")),
        (b"\x00\x02\x03abc", protocol.Sync(Step.CHANGE, b"abc")),
        (b"\x01\x02ab", protocol.AwarenessUpdate(b"ab")),
        (b"\x03", protocol.AwarenessQuery()),
    ],
)
def test_messages_of_stock_clients_are_understood(message: bytes, meaning: protocol.Message) -> None:
    assert protocol.parse(message) == meaning


@pytest.mark.parametrize("value", [0, 127, 128, 16_383, 16_384, 2**32 - 1, 2**53 - 1])
def test_numbers_survive_the_wire(value: int) -> None:
    reader = protocol.Reader(protocol.number(value))

    assert reader.number() == value
    assert reader.left == 0


def test_a_number_that_javascript_cannot_hold_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        protocol.Reader(protocol.number(2**53)).number()


def test_buffers_are_split_as_they_were_joined() -> None:
    buffers = [b"", b"a", b"b" * 200, "grüße".encode()]

    assert list(protocol.split_buffers(protocol.join_buffers(buffers))) == buffers


def test_presences_survive_the_wire() -> None:
    presences = [
        Presence(client=2**53 - 1, clock=3, state='{"name":"Zoë"}'.encode()),
        Presence(client=5, clock=300, state=b"null"),
    ]

    assert read_presences(write_presences(presences)) == presences


def test_whatever_arrives_is_understood_or_refused() -> None:
    chance = random.Random(11)
    understood = 0
    for _ in range(20_000):
        message = chance.randbytes(chance.randrange(1, 24))
        message = bytes((chance.randrange(5), chance.randrange(4))) + message if chance.random() < 0.8 else message
        try:
            meaning = protocol.parse(message)
            if isinstance(meaning, protocol.AwarenessUpdate):
                read_presences(meaning.payload)
            understood += 1
        except MalformedMessage:
            continue

    assert 1000 < understood < 19_000


def test_a_claim_of_many_entries_is_refused_before_anything_is_set_aside() -> None:
    with pytest.raises(MalformedMessage, match="claimed"):
        read_presences(protocol.number(10**8) + b"\1\1\4null")


def test_positions_in_the_log_sort_by_time_and_then_by_number() -> None:
    positions = [START, *(Position.parse(text) for text in (b"9-0", b"9-2", b"9-10", b"10-0"))]

    assert all(earlier < later for earlier, later in pairwise(positions))
    assert str(positions[-1]) == "10-0"
