"""Idempotency keys: one key, one submission, whatever happens in between."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from codex_service.idempotency import body_hash
from codex_service.ids import uuid7
from codex_service.mongo import open_mongo
from codex_testing.problem import EASY, HARD, ProblemClient, new_user
from codex_testing.services import refusal


async def test_twenty_at_once_with_one_key_make_one_submission(problem: ProblemClient) -> None:
    author = new_user()

    answers = await asyncio.gather(*(problem.create(author, key="once") for _ in range(20)))

    assert len({answer.submission.id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, *[True] * 19]
    assert (await problem.count(author)) == 1


async def test_the_same_key_with_another_body_is_refused(problem: ProblemClient) -> None:
    author = new_user()
    first = await problem.create(author, EASY, code="pass", key="once")

    for changed in (
        problem.create(author, EASY, code="other", key="once"),
        problem.create(author, HARD, code="pass", key="once"),
    ):
        refused = await refusal(changed)
        assert refused.code == "idempotency_key_reused"
        assert refused.status.name == "ALREADY_EXISTS"

    assert (await problem.count(author)) == 1
    assert (await problem.create(author, EASY, code="pass", key="once")).submission == first.submission


async def test_keys_of_different_people_are_different_keys(problem: ProblemClient) -> None:
    first, second = [await problem.create(new_user(), key="once") for _ in range(2)]

    assert first.submission.id != second.submission.id
    assert not second.replayed


async def test_without_a_key_every_request_is_its_own(problem: ProblemClient) -> None:
    author = new_user()

    await asyncio.gather(*(problem.create(author) for _ in range(3)))

    assert (await problem.count(author)) == 3


async def test_a_crash_between_key_and_submission_is_made_good_by_the_next_request(
    fresh_mongo: Callable[[], str], serve: Callable[..., AbstractAsyncContextManager[ProblemClient]]
) -> None:
    author, bound, uri = new_user(), uuid7(), fresh_mongo()
    async with serve(mongodb_uri=uri) as problem, open_mongo(uri) as database:
        await database["idempotency_keys"].insert_one(
            {
                "_id": f"{author}:once",
                "body": body_hash(EASY, "python", "pass"),
                "submission": bound,
                "expires_at": datetime.now(UTC) + timedelta(hours=1),
            }
        )

        created = await problem.create(author, key="once")

        assert created.submission.id == bound
        assert not created.replayed
        assert (await problem.get(created.submission)).id == bound


async def test_a_replay_after_the_verdict_shows_the_verdict(problem: ProblemClient) -> None:
    first = await problem.create(new_user(), key="once")
    given = await problem.finalise(first.submission)

    again = await problem.create(first.submission.author, key="once")

    assert again.replayed
    assert again.submission.judgement == given
