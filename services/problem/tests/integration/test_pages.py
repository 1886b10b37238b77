"""Lists come in pages, and a page begins only where a page of ours has ended."""

from datetime import timedelta

import pytest

from codex_problem.problems.files import read_problems
from codex_protos.problem.v1 import problem_service_pb2 as problems_pb
from codex_protos.problem.v1 import submission_service_pb2 as submissions_pb
from codex_testing.problem import EASY, HARD, ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.waiting import eventually

MINUTE = timedelta(minutes=1)


async def listed(problem: ProblemClient, **query: str) -> list[problems_pb.ProblemSummary]:
    request = problems_pb.ListProblemsRequest(limit=100, **query)
    return list((await problem.problems.ListProblems(request)).problems)


async def own(
    client: ProblemClient, author: str, *, problem: str = "", cursor: str = "", limit: int = 20
) -> submissions_pb.ListSubmissionsResponse:
    request = submissions_pb.ListSubmissionsRequest(author=author, problem=problem, cursor=cursor, limit=limit)
    return await client.submissions.ListSubmissions(request)


async def test_pages_of_problems_hold_every_problem_once(problem: ProblemClient) -> None:
    seen, cursor = [], ""
    while True:
        request = problems_pb.ListProblemsRequest(limit=5, cursor=cursor)
        page = await problem.problems.ListProblems(request)
        seen += [each.slug for each in page.problems]
        assert len(page.problems) <= 5
        if not (cursor := page.next_cursor):
            break

    assert seen == sorted(each.slug for each in read_problems())


async def test_problems_are_found_by_difficulty_tag_and_words_of_the_title(problem: ProblemClient) -> None:
    everything = await listed(problem)
    tag = next(each for each in everything if each.slug == HARD).tags[0]

    assert {each.difficulty for each in await listed(problem, difficulty="hard")} == {"hard"}
    assert all(tag in each.tags for each in await listed(problem, tag=tag))
    assert EASY in [each.slug for each in await listed(problem, search="TWO")]
    assert await listed(problem, search=".*") == []
    assert await listed(problem, tag="no such tag") == []


async def test_pages_of_submissions_go_from_the_newest_to_the_oldest(problem: ProblemClient) -> None:
    author = new_user()
    made = [(await problem.create(author)).submission.id for _ in range(7)]
    await problem.create(new_user())

    first = await own(problem, author, limit=3)
    second = await own(problem, author, limit=3, cursor=first.next_cursor)
    third = await own(problem, author, limit=3, cursor=second.next_cursor)

    pages = [[each.id for each in page.submissions] for page in (first, second, third)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [id for page in pages for id in page] == sorted(made, reverse=True)
    assert third.next_cursor == ""


async def test_a_page_that_is_just_full_is_the_last(problem: ProblemClient) -> None:
    author = new_user()
    for _ in range(2):
        await problem.create(author)

    assert (await own(problem, author, limit=2)).next_cursor == ""


async def test_submissions_of_one_problem_are_listed_alone(problem: ProblemClient) -> None:
    author = new_user()
    wanted = (await problem.create(author, HARD)).submission
    await problem.create(author, EASY)

    assert list((await own(problem, author, problem=HARD)).submissions) == [wanted]


@pytest.mark.parametrize("cursor", ["nonsense", "-1", "'; drop", "ü" * 40, "x" * 36, "x" * 5000])
async def test_a_cursor_that_is_not_ours_is_refused(problem: ProblemClient, cursor: str) -> None:
    refused = await refusal(own(problem, new_user(), cursor=cursor))

    assert (refused.code, refused.field, refused.status.name) == ("invalid_cursor", "cursor", "INVALID_ARGUMENT")


@pytest.mark.parametrize("cursor", ["no slug", "../etc", "Two-Sum", "ü", "two--sum"])
async def test_a_cursor_that_is_no_slug_is_refused(problem: ProblemClient, cursor: str) -> None:
    refused = await refusal(problem.problems.ListProblems(problems_pb.ListProblemsRequest(limit=5, cursor=cursor)))

    assert (refused.code, refused.field, refused.status.name) == ("invalid_cursor", "cursor", "INVALID_ARGUMENT")


@pytest.mark.parametrize("limit", [-1, 0, 101])
async def test_a_page_has_one_to_a_hundred_rows(problem: ProblemClient, limit: int) -> None:
    refused = [
        await refusal(own(problem, new_user(), limit=limit)),
        await refusal(problem.problems.ListProblems(problems_pb.ListProblemsRequest(limit=limit))),
        await refusal(problem.board(limit=limit)),
    ]

    assert [(each.code, each.field) for each in refused] == [("invalid_request", "limit")] * 3


async def test_the_reconciler_gets_old_pending_submissions_oldest_first_with_their_code(
    problem: ProblemClient,
) -> None:
    author = new_user()
    await problem.create(author)
    young, old = [
        (await problem.create(author, code=f"{minutes}", age=minutes * MINUTE)).submission for minutes in (10, 20)
    ]
    judged = (await problem.create(author, age=30 * MINUTE)).submission
    await problem.finalise(judged)

    request = submissions_pb.ListPendingSubmissionsRequest(limit=10)
    request.older_than.FromTimedelta(5 * MINUTE)
    found = (await problem.submissions.ListPendingSubmissions(request)).submissions

    assert [(each.submission.id, each.submission.code) for each in found] == [(old.id, "20"), (young.id, "10")]
    await eventually(lambda: problem.credited(judged))
