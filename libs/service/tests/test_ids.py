"""Ids that sort by time."""

import time
from uuid import UUID

from codex_service.ids import uuid7


def test_later_ids_sort_behind_earlier_ones() -> None:
    ids = []
    for _ in range(5):
        ids.append(uuid7())
        made = time.time_ns() // 1_000_000
        while time.time_ns() // 1_000_000 == made:
            pass

    assert ids == sorted(ids)


def test_ids_are_uuids_of_version_7_that_hold_their_moment() -> None:
    before = time.time_ns() // 1_000_000
    id = UUID(uuid7())
    after = time.time_ns() // 1_000_000

    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert before <= id.int >> 80 <= after


def test_ids_of_one_moment_are_different() -> None:
    assert len({uuid7() for _ in range(10_000)}) == 10_000
