"""Accounts, problems, lists, boards, sessions: what goes out and what comes back."""

from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration
from services.gateway.tests.integration.test_judging import submission
from services.gateway.tests.integration.world import Gateway, User, assert_dressed, assert_refused

from codex_protos.authuser.v1 import auth_service_pb2, user_pb2, user_service_pb2
from codex_protos.codemanage.v1 import code_manage_service_pb2
from codex_protos.collab.v1 import collab_service_pb2
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import leaderboard_service_pb2, problem_service_pb2, submission_service_pb2
from codex_service.errors import InvalidCursor, Unauthenticated
from codex_testing.judging import judgement

ADA = {
    "id": "0192",
    "username": "ada",
    "email": "ada@example.com",
    "country": None,
    "role": "user",
    "created_at": "2026-01-01T12:00:00.000000Z",
}
TOKENS = {"access_token": "a.b.c", "refresh_token": "opaque", "token_type": "Bearer", "expires_in": 900}
SUMMARY = {
    "slug": "two-sum",
    "title": "Two Sum",
    "difficulty": "easy",
    "tags": ["array"],
    "kind": "function",
    "acceptance": None,
}


def ada() -> user_pb2.User:
    user = user_pb2.User(id="0192", username="ada", email="ada@example.com", role="user")
    user.created_at.FromDatetime(datetime(2026, 1, 1, 12, tzinfo=UTC))
    return user


def tokens() -> auth_service_pb2.Tokens:
    return auth_service_pb2.Tokens(access_token="a.b.c", refresh_token="opaque", expires_in=Duration(seconds=900))


def summary() -> problem_service_pb2.ProblemSummary:
    return problem_service_pb2.ProblemSummary(
        slug="two-sum", title="Two Sum", difficulty="easy", tags=["array"], kind="function"
    )


async def test_signing_up_logs_in(gateway: Gateway) -> None:
    auth = gateway.neighbours.auth_user
    auth.say("SignUp", auth_service_pb2.SignUpResponse(user=ada(), tokens=tokens()))
    form = {"username": "ada", "email": "ada@example.com", "password": "correct horse", "country": "GB"}

    response = await gateway.client.post("/api/v1/user/auth/signup", json=form)

    assert response.status_code == 201
    assert response.json() == {"user": ADA, **TOKENS}
    assert_dressed(response)
    assert (auth.last.username, auth.last.email, auth.last.password, auth.last.country) == tuple(form.values())


async def test_logging_in_and_refreshing_give_tokens(gateway: Gateway) -> None:
    auth = gateway.neighbours.auth_user
    auth.say("LogIn", auth_service_pb2.LogInResponse(user=ada(), tokens=tokens()))
    auth.say("RefreshTokens", auth_service_pb2.RefreshTokensResponse(user=ada(), tokens=tokens()))

    logged_in = await gateway.client.post("/api/v1/user/auth/login", json={"email": "a@b.c", "password": "x"})
    refreshed = await gateway.client.post("/api/v1/user/auth/refresh", json={"refresh_token": "opaque"})

    assert logged_in.status_code == refreshed.status_code == 200
    assert logged_in.json() == refreshed.json() == {"user": ADA, **TOKENS}
    assert auth.last.refresh_token == "opaque"


async def test_a_wrong_password_is_unauthenticated(gateway: Gateway) -> None:
    gateway.neighbours.auth_user.say("LogIn", Unauthenticated("the address or the password is wrong"))

    response = await gateway.client.post("/api/v1/user/auth/login", json={"email": "a@b.c", "password": "x"})

    assert_refused(response, 401, "unauthenticated")
    assert "www-authenticate" in response.headers


async def test_the_profile_is_the_callers(gateway: Gateway) -> None:
    solved = user_pb2.Solved(easy=3, medium=1)
    answer = user_service_pb2.GetProfileResponse(user=ada(), solved=solved, submissions=9)
    gateway.neighbours.auth_user.say("GetProfile", answer)
    user = User()

    response = await gateway.get("/api/v1/user/profile", user)

    assert response.json() == {**ADA, "solved": {"easy": 3, "medium": 1, "hard": 0}, "submissions": 9}
    assert gateway.neighbours.auth_user.last.user_id == user.id


async def test_languages_are_a_bare_array(gateway: Gateway) -> None:
    python = code_manage_service_pb2.Language(id="python", name="Python", version="3.13", function_harness=True)
    answer = code_manage_service_pb2.ListLanguagesResponse(languages=[python])
    gateway.neighbours.manage.say("ListLanguages", answer)

    response = await gateway.client.get("/api/v1/public/languages")

    assert response.json() == [{"id": "python", "name": "Python", "version": "3.13", "function_harness": True}]


async def test_the_catalogue_comes_in_pages(gateway: Gateway) -> None:
    answer = problem_service_pb2.ListProblemsResponse(problems=[summary()], next_cursor="more")
    gateway.neighbours.problem.say("ListProblems", answer)

    response = await gateway.client.get(
        "/api/v1/public/problems?difficulty=easy&tag=array&search=sum&cursor=abc&limit=1"
    )

    assert response.json() == {"items": [SUMMARY], "next_cursor": "more"}
    asked = gateway.neighbours.problem.last
    assert (asked.difficulty, asked.tag, asked.search, asked.cursor, asked.limit) == ("easy", "array", "sum", "abc", 1)


async def test_a_catalogue_without_wishes_begins_at_the_start(gateway: Gateway) -> None:
    response = await gateway.client.get("/api/v1/public/problems?difficulty=&tag=")

    assert response.json() == {"items": [], "next_cursor": None}
    asked = gateway.neighbours.problem.last
    assert (asked.difficulty, asked.cursor, asked.limit) == ("", "", 20)


async def test_a_cursor_of_somebody_else_is_refused(gateway: Gateway) -> None:
    gateway.neighbours.problem.say("ListProblems", InvalidCursor("the cursor is not ours"))
    gateway.neighbours.problem.say("ListSubmissions", InvalidCursor("the cursor is not ours"))

    assert_refused(await gateway.client.get("/api/v1/public/problems?cursor=x"), 400, "invalid_cursor")
    assert_refused(await gateway.get("/api/v1/user/submissions?cursor=x"), 400, "invalid_cursor")


async def test_a_problem_is_shown_without_hidden_tests(gateway: Gateway) -> None:
    shown = judging.TestCase(input="1", expected="2", public=True)
    hidden = judging.TestCase(input="the secret", public=False)
    problem = problem_service_pb2.Problem(
        summary=summary(),
        statement="Find *two*.",
        constraints=["n < 3"],
        examples=[problem_service_pb2.Example(input="a", output="b", explanation="c")],
        public_tests=[shown, hidden],
        signature=judging.Signature(function="f", parameters=[judging.Parameter(name="n", type="int")], returns="int"),
        starter_code={"python": "def f(n): ..."},
        limits=judging.Limits(cpu_time=2, wall_time=6, memory=1 << 28, output=1 << 20, processes=32),
    )
    gateway.neighbours.problem.say("GetProblem", problem_service_pb2.GetProblemResponse(problem=problem))

    response = await gateway.client.get("/api/v1/public/problems/two-sum")

    assert response.json() == {
        **SUMMARY,
        "statement": "Find *two*.",
        "constraints": ["n < 3"],
        "examples": [{"input": "a", "output": "b", "explanation": "c"}],
        "public_tests": [{"input": "1", "expected": "2"}],
        "signature": {"function": "f", "parameters": [{"name": "n", "type": "int"}], "returns": "int"},
        "starter_code": {"python": "def f(n): ..."},
        "limits": {"cpu_time": 2, "wall_time": 6, "memory": 1 << 28, "output": 1 << 20, "processes": 32},
    }


async def test_own_submissions_come_in_pages(gateway: Gateway) -> None:
    answer = submission_service_pb2.ListSubmissionsResponse(submissions=[submission(judgement()), submission()])
    gateway.neighbours.problem.say("ListSubmissions", answer)
    user = User()

    response = await gateway.get("/api/v1/user/submissions?problem=echo&limit=2", user)

    body = response.json()
    assert [item["status"] for item in body["items"]] == ["done", "pending"]
    assert body["next_cursor"] is None
    asked = gateway.neighbours.problem.last
    assert (asked.author, asked.problem, asked.limit) == (user.id, "echo", 2)


async def test_boards_show_the_best_and_oneself(gateway: Gateway) -> None:
    best = leaderboard_service_pb2.LeaderboardEntry(rank=1, username="ada", country="GB", score=40, solved=3)
    mine = leaderboard_service_pb2.LeaderboardEntry(rank=9, username="bob", score=1, solved=1)
    answer = leaderboard_service_pb2.GetGlobalLeaderboardResponse(entries=[best], me=mine)
    gateway.neighbours.problem.say("GetGlobalLeaderboard", answer)
    user = User()

    response = await gateway.get("/api/v1/user/leaderboard/global?limit=1", user)

    assert response.json() == {
        "items": [{"rank": 1, "username": "ada", "country": "GB", "score": 40, "solved": 3}],
        "me": {"rank": 9, "username": "bob", "country": None, "score": 1, "solved": 1},
    }
    assert (gateway.neighbours.problem.last.caller, gateway.neighbours.problem.last.limit) == (user.id, 1)


async def test_a_countrys_board_without_a_score_has_no_row_of_ones_own(gateway: Gateway) -> None:
    response = await gateway.get("/api/v1/user/leaderboard/country?country=GB")

    assert response.json() == {"items": [], "me": None}
    assert gateway.neighbours.problem.last.country == "GB"


async def test_a_shared_session_is_opened(gateway: Gateway) -> None:
    answer = collab_service_pb2.CreateSessionResponse(session_id="1", invite_token="t", websocket_url="ws://x/1")
    gateway.neighbours.collab.say("CreateSession", answer)
    user = User()

    response = await gateway.post("/api/v1/user/collab/sessions", {"problem": "two-sum"}, user)
    bare = await gateway.client.post("/api/v1/user/collab/sessions", headers=user.headers())

    assert response.status_code == bare.status_code == 201
    assert response.json() == {"session_id": "1", "invite_token": "t", "websocket_url": "ws://x/1"}
    first, second = (call.request for call in gateway.neighbours.collab.calls)
    assert (first.owner, first.problem, second.problem) == (user.id, "two-sum", "")
