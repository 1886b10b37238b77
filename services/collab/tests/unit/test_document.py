"""The document of a room: what members send makes it, and can't harm it."""

import os
import time

import pytest
from pycrdt import Doc, Text

from codex_collab.errors import BrokenDocument, MalformedMessage, TooLarge
from codex_collab.rooms import protocol
from codex_collab.rooms.document import LIMIT, Document
from codex_tools.stack.process import memory


def update_of(text: str) -> bytes:
    return Doc({"code": Text(text)}).get_update()


def text_of(document: Document) -> str:
    copy = Doc[Text]()
    copy.apply_update(document.whole())
    return str(copy.get("code", type=Text))


def test_a_document_gives_what_somebody_lacks() -> None:
    document, page = Document(), Doc({"code": Text("")})
    document.apply(update_of("print(1)"))

    page.apply_update(document.lacking(page.get_state()))

    assert str(page["code"]) == "print(1)"
    assert document.lacking(page.get_state()) == protocol.EMPTY_UPDATE


@pytest.mark.parametrize("payload", [b"", b"\xff", protocol.number(10**8) + b"\1", b"\0" + protocol.number(10**8)])
def test_what_is_no_update_changes_nothing_and_costs_nothing(payload: bytes) -> None:
    document = Document()
    document.apply(update_of("safe"))
    began = time.perf_counter()

    with pytest.raises(MalformedMessage):
        document.apply(payload)

    assert text_of(document) == "safe"
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("payload", [b"", b"\xff", protocol.number(10**8) + b"\1", b"\5\1"])
def test_what_is_no_state_vector_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Document().lacking(payload)


def test_a_panic_of_the_library_is_an_error_like_others() -> None:
    document = Document()
    document.apply(b"\x01\x01\x07\x00\x04\x01\x01t\x01z\x00")

    with pytest.raises(BrokenDocument):
        document.apply(b"\x01\x01\x07\x04\xc4\x07\x03I\x07\x00\x01z\x00")


def test_text_that_was_deleted_leaves_space_for_new_text() -> None:
    document, page = Document(), Doc({"code": Text("")})
    updates: list[bytes] = []
    page.observe(lambda event: updates.append(event.update))
    for _ in range(10):
        page["code"] += "x" * (LIMIT // 3)
        page["code"].clear()
    for update in updates:
        document.apply(update)

    assert len(document.whole()) < 10_000


def test_a_document_over_the_limit_is_refused_and_stays_as_it_was() -> None:
    document = Document()
    document.apply(update_of("x" * (LIMIT - 1000)))

    with pytest.raises(TooLarge):
        document.apply(update_of("y" * 1000))

    assert text_of(document) == "x" * (LIMIT - 1000)


def test_updates_whose_predecessors_never_come_are_let_go() -> None:
    document, page = Document(), Doc({"code": Text("start")})
    document.apply(page.get_update())
    before = memory(os.getpid())
    for _ in range(200):
        stranger = Doc({"code": Text("a")})
        known = stranger.get_state()
        stranger["code"] += "x" * (LIMIT // 4)
        document.apply(stranger.get_update(known))

    assert text_of(document) == "start"
    assert memory(os.getpid()) < before + 50 * LIMIT // 4
