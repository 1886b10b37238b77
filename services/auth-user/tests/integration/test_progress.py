"""What somebody has solved, and what they see of themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest

from codex_protos.authuser.v1 import auth_service_pb2 as auth_pb
from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1.user_pb2 import Solved
from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceStub
from codex_service.errors import ServiceError

if TYPE_CHECKING:
    from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceAsyncStub
    from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceAsyncStub

Form = Callable[..., auth_pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Serve = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]


def solved(user: str, problem: str, difficulty: str = "easy") -> pb.UpdateProgressRequest:
    return pb.UpdateProgressRequest(user_id=user, problem=problem, difficulty=difficulty)


async def test_a_profile_counts_solved_problems_by_difficulty_and_all_submissions(
    auth: "AuthServiceAsyncStub", users: "UserServiceAsyncStub", form: Form, submissions: dict[str, int]
) -> None:
    user = (await auth.SignUp(form())).user
    submissions[user.id] = 41
    for problem, difficulty in (("two-sum", "easy"), ("echo", "easy"), ("courier-tour", "hard")):
        await users.UpdateProgress(solved(user.id, problem, difficulty))

    profile = await users.GetProfile(pb.GetProfileRequest(user_id=user.id))

    assert profile.user == user
    assert profile.solved == Solved(easy=2, medium=0, hard=1)
    assert profile.submissions == 41


async def test_progress_answers_with_what_the_boards_show(
    auth: "AuthServiceAsyncStub", users: "UserServiceAsyncStub", form: Form
) -> None:
    user = (await auth.SignUp(form(country="JP"))).user

    answer = await users.UpdateProgress(solved(user.id, "two-sum"))

    assert answer == pb.UpdateProgressResponse(username=user.username, country="JP")


async def test_a_problem_that_is_recorded_many_times_counts_once(
    auth: "AuthServiceAsyncStub", users: "UserServiceAsyncStub", form: Form
) -> None:
    user = (await auth.SignUp(form())).user

    together = await asyncio.gather(*(users.UpdateProgress(solved(user.id, "two-sum")) for _ in range(20)))
    afterwards = await users.UpdateProgress(solved(user.id, "two-sum", "hard"))

    assert all(answer == afterwards for answer in together)
    profile = await users.GetProfile(pb.GetProfileRequest(user_id=user.id))
    assert profile.solved == Solved(easy=1)


@pytest.mark.parametrize("nobody", [str(uuid4()), "", "ada", "\0"])
async def test_there_is_no_progress_and_no_profile_of_nobody(
    users: "UserServiceAsyncStub", refusal: Refusal, nobody: str
) -> None:
    assert (await refusal(users.GetProfile(pb.GetProfileRequest(user_id=nobody)))).code == "not_found"
    assert (await refusal(users.UpdateProgress(solved(nobody, "two-sum")))).code == "not_found"


@pytest.mark.parametrize(
    ("field", "problem", "difficulty"),
    [("problem", "", "easy"), ("problem", "two\0sum", "easy"), ("difficulty", "two-sum", "trivial")],
)
async def test_progress_that_makes_no_sense_is_refused(
    users: "UserServiceAsyncStub", refusal: Refusal, field: str, problem: str, difficulty: str
) -> None:
    refused = await refusal(users.UpdateProgress(solved(str(uuid4()), problem, difficulty)))

    assert (refused.code, refused.field) == ("invalid_request", field)


async def test_without_the_problem_service_there_is_no_profile_but_progress_goes_on(
    auth: "AuthServiceAsyncStub", serve: Serve, form: Form, refusal: Refusal, free_address: Callable[[], str]
) -> None:
    user = (await auth.SignUp(form())).user
    async with serve(problem_target=free_address()) as channel:
        users = UserServiceStub(channel)

        assert (await refusal(users.GetProfile(pb.GetProfileRequest(user_id=user.id)))).code == "dependency_unavailable"
        assert (await users.UpdateProgress(solved(user.id, "two-sum"))).username == user.username
