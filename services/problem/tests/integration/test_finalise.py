"""Judgements and points: once, whatever is repeated."""

import asyncio

import pytest

from codex_testing.judging import WA, judgement
from codex_testing.problem import EASY, HARD, MEDIUM, ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.users import Users
from codex_testing.waiting import eventually


async def test_a_new_submission_is_pending(problem: ProblemClient) -> None:
    created = await problem.create(new_user())

    assert not created.replayed
    stored = await problem.get(created.submission)
    assert stored == created.submission
    assert not stored.HasField("judgement")
    assert not stored.HasField("score")


async def test_the_same_id_again_changes_nothing(problem: ProblemClient) -> None:
    first = (await problem.create(new_user(), code="pass")).submission

    again = await problem.create(first.author, code="something else", id=first.id)

    assert again.replayed
    assert again.submission == first


async def test_a_judgement_is_kept_as_it_was_given(problem: ProblemClient) -> None:
    submission = (await problem.create(new_user())).submission
    given = judgement(WA)
    given.compiler_output, given.detail = "warning", "none"

    answered = await problem.finalise(submission, given)

    stored = (await problem.get(submission)).judgement
    assert stored == answered
    stored.judged_at.CopyFrom(given.judged_at)
    assert stored == given


async def test_a_second_result_changes_nothing(problem: ProblemClient) -> None:
    submission = (await problem.create(new_user())).submission

    first = await problem.finalise(submission)
    again = await problem.finalise(submission, judgement(WA))

    assert again == first
    await eventually(lambda: problem.credited(submission))
    stored = await problem.get(submission)
    assert stored.judgement == first
    assert stored.score == 10


async def test_a_wrong_answer_gains_nothing_at_once(problem: ProblemClient, users: Users) -> None:
    submission = (await problem.create(new_user())).submission

    await problem.finalise(submission, judgement(WA))

    stored = await problem.get(submission)
    assert stored.HasField("score")
    assert stored.score == 0
    assert users.progress == []


@pytest.mark.parametrize(("slug", "points"), [(EASY, 10), (MEDIUM, 25), (HARD, 40)])
async def test_the_first_accepted_solution_gains_points_and_the_second_none(
    problem: ProblemClient, slug: str, points: int
) -> None:
    author = new_user()

    first = await problem.solve(author, slug)
    await eventually(lambda: problem.credited(first))
    second = await problem.solve(author, slug)
    await eventually(lambda: problem.credited(second))

    assert [(await problem.get(each)).score for each in (first, second)] == [points, 0]
    assert (await problem.board(caller=author)).me.score == points


async def test_one_submission_finalised_many_times_at_once_gains_once(problem: ProblemClient, users: Users) -> None:
    submission = (await problem.create(new_user())).submission

    given = await asyncio.gather(*(problem.finalise(submission, judgement(attempt=n)) for n in range(1, 11)))

    assert len({each.attempt for each in given}) == 1
    await eventually(lambda: problem.credited(submission))
    assert (await problem.get(submission)).score == 10
    assert users.progress == [(submission.author, EASY, "easy")]


async def test_a_judgement_for_nobodys_submission_is_refused(problem: ProblemClient) -> None:
    submission = (await problem.create(new_user())).submission
    submission.id = "0" * 36

    assert (await refusal(problem.finalise(submission))).code == "submission_not_found"


async def test_other_peoples_submissions_are_not_found(problem: ProblemClient) -> None:
    submission = (await problem.create(new_user())).submission

    refused = await refusal(problem.get(submission, author=new_user()))

    assert refused.code == "submission_not_found"
    assert refused.status.name == "NOT_FOUND"
