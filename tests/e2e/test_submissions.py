"""What becomes of programs that are handed in: answers now or later, once, in order, and what they gain."""

import asyncio
import re
import time
import uuid

import pytest

from tests.e2e import programs
from tests.e2e.client import Person, Platform, eventually, refused
from tests.e2e.spans import Json

SUBMISSIONS = "/api/v1/user/submissions"
BOARD = "/api/v1/user/leaderboard"
EASY = 10
SHAPE = {"id", "kind", "problem", "language", "status", "verdict", "score", "attempt", "tests", "compiler_output"} | {
    "cpu_time",
    "wall_time",
    "memory_peak",
    "trace_id",
    "created_at",
    "judged_at",
}


async def done(platform: Platform, person: Person, location: str) -> Json:
    """The submission at a location, once it is judged."""
    found: Json = {}

    async def judged() -> bool:
        nonlocal found
        found = (await platform.get(person, location)).json()
        return bool(found["status"] == "done")

    await eventually(judged, within=30, what=f"{location} is judged")
    return found


async def score(platform: Platform, person: Person, id: str) -> int | None:
    found: int | None = (await platform.get(person, f"{SUBMISSIONS}/{id}")).json()["score"]
    return found


@pytest.mark.parametrize("preference", ["respond-async", "respond-async, wait=5"])
async def test_who_prefers_not_to_wait_gets_a_place_to_look_at(
    platform: Platform, ada: Person, preference: str
) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM, Prefer=preference)

    assert answer.status_code == 202, answer.text
    pending = answer.json()
    assert pending.keys() == SHAPE
    assert (pending["status"], pending["verdict"], pending["judged_at"]) == ("pending", None, None)
    assert answer.headers["location"] == f"{SUBMISSIONS}/{pending['id']}"
    final = await done(platform, ada, answer.headers["location"])
    assert (final["verdict"], final["id"], final["trace_id"]) == ("AC", pending["id"], pending["trace_id"])
    assert final["created_at"] == pending["created_at"]


async def test_a_wait_that_runs_out_is_a_pending_answer_and_a_verdict_later(platform: Platform, ada: Person) -> None:
    started = time.monotonic()
    answer = await platform.submit(ada, programs.ENDLESS, Prefer="wait=1")

    assert answer.status_code == 202
    assert 1 <= time.monotonic() - started < 4
    assert answer.headers["preference-applied"] == "wait=1"
    assert (await done(platform, ada, answer.headers["location"]))["verdict"] == "TLE"


@pytest.mark.parametrize("preference", ["wait=20", "wait=4711", "wait=soon", "wait=-1", "return=minimal", ""])
async def test_whoever_waits_long_enough_or_says_nothing_sensible_gets_the_verdict(
    platform: Platform, ada: Person, preference: str
) -> None:
    answer = await platform.submit(ada, programs.TWO_SUM, Prefer=preference)

    assert (answer.status_code, answer.json()["verdict"]) == (200, "AC")
    assert answer.json().keys() == SHAPE
    assert "location" not in answer.headers


async def test_twenty_requests_with_one_key_at_once_are_one_submission(platform: Platform, ada: Person) -> None:
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(platform.submit(ada, programs.TWO_SUM, Idempotency_Key=key) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}, [answer.text[:200] for answer in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.json()["verdict"] for answer in answers} == {"AC"}
    assert sum("idempotent-replay" not in answer.headers for answer in answers) == 1
    assert len((await platform.get(ada, SUBMISSIONS)).json()["items"]) == 1


async def test_a_replay_says_so_and_gives_the_first_submission(platform: Platform, ada: Person, grace: Person) -> None:
    first = await platform.submit(ada, programs.TWO_SUM, Idempotency_Key="monday")
    again = await platform.submit(ada, programs.TWO_SUM, Idempotency_Key="monday")
    somebody_else = await platform.submit(grace, programs.TWO_SUM, Idempotency_Key="monday")

    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert somebody_else.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("change", [{"code": programs.TWO_SUM_WRONG}, {"problem": "echo"}])
async def test_a_key_that_comes_with_another_body_is_refused(
    platform: Platform, ada: Person, change: dict[str, str]
) -> None:
    await platform.submit(ada, programs.TWO_SUM, Idempotency_Key="one")

    answer = await platform.submit(ada, **({"code": programs.TWO_SUM} | change), Idempotency_Key="one")

    refused(answer, 409, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "x" * 129, "with space"])
async def test_a_key_that_is_none_is_refused(platform: Platform, ada: Person, key: str) -> None:
    refused(await platform.submit(ada, programs.TWO_SUM, Idempotency_Key=key), 400, "invalid_request")


async def test_a_list_is_ones_own_newest_first_page_by_page(platform: Platform, ada: Person, grace: Person) -> None:
    ids = [(await platform.judged(ada, programs.ECHO, problem="echo"))["id"] for _ in range(5)]
    other = (await platform.judged(ada, programs.TWO_SUM))["id"]
    await platform.judged(grace, programs.TWO_SUM)

    whole = (await platform.get(ada, SUBMISSIONS)).json()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await platform.get(ada, SUBMISSIONS, limit=2, cursor=cursor)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert [item["id"] for item in whole["items"]] == seen == [other, *reversed(ids)]
    assert whole["next_cursor"] is None
    assert all(item.keys() == SHAPE for item in whole["items"])
    of_echo = (await platform.get(ada, SUBMISSIONS, problem="echo")).json()["items"]
    assert {item["problem"] for item in of_echo} == {"echo"}
    assert len(of_echo) == 5


async def test_other_peoples_submissions_are_not_there(platform: Platform, ada: Person, grace: Person) -> None:
    id = (await platform.judged(ada, programs.TWO_SUM))["id"]
    tried = (await platform.run(ada, programs.TWO_SUM))["id"]

    assert (await platform.get(ada, f"{SUBMISSIONS}/{id}")).json()["id"] == id
    for unseen in (id, tried):
        refused(await platform.get(grace, f"{SUBMISSIONS}/{unseen}"), 404, "submission_not_found")
    for unknown in (str(uuid.uuid4()), "nonsense", "1" * 200):
        refused(await platform.get(ada, f"{SUBMISSIONS}/{unknown}"), 404, "submission_not_found")


async def test_a_solved_problem_shows_everywhere_within_a_second(platform: Platform, grace: Person) -> None:
    id = (await platform.judged(grace, programs.TWO_SUM))["id"]

    async def shown() -> bool:
        profile = (await platform.get(grace, "/api/v1/user/profile")).json()
        world = (await platform.get(grace, f"{BOARD}/global")).json()["me"]
        country = (await platform.get(grace, f"{BOARD}/country", country="US")).json()["me"]
        here = [row and (row["username"], row["score"], row["solved"]) for row in (world, country)]
        solved = (profile["solved"], profile["submissions"]) == ({"easy": 1, "medium": 0, "hard": 0}, 1)
        return solved and here == [(grace.name, EASY, 1)] * 2 and await score(platform, grace, id) == EASY

    await eventually(shown, within=1, what="score, profile and boards show it")


async def test_a_second_solution_gains_nothing(platform: Platform, ada: Person) -> None:
    first = (await platform.judged(ada, programs.TWO_SUM))["id"]
    second = (await platform.judged(ada, programs.TWO_SUM + "\n"))["id"]

    async def credited() -> bool:
        return [await score(platform, ada, id) for id in (first, second)] == [EASY, 0]

    await eventually(credited, within=1, what="ten points, and none")
    assert (await platform.get(ada, f"{BOARD}/global")).json()["me"]["score"] == EASY


async def test_boards_are_ordered_and_show_the_caller_outside_their_limit(platform: Platform, ada: Person) -> None:
    assert (await platform.get(ada, f"{BOARD}/global")).json()["me"] is None
    await platform.judged(ada, programs.ECHO, problem="echo")

    async def listed() -> bool:
        return (await platform.get(ada, f"{BOARD}/global")).json()["me"] is not None

    await eventually(listed, within=1)
    board = (await platform.get(ada, f"{BOARD}/global", limit=100)).json()
    assert [row["rank"] for row in board["items"]] == list(range(1, len(board["items"]) + 1))
    scores = [row["score"] for row in board["items"]]
    assert scores == sorted(scores, reverse=True)
    short = (await platform.get(ada, f"{BOARD}/global", limit=1)).json()
    assert len(short["items"]) == 1
    assert short["me"]["username"] == ada.name


async def test_nobody_without_a_country_is_on_a_countrys_board(platform: Platform, ada: Person) -> None:
    await platform.judged(ada, programs.TWO_SUM)

    board = (await platform.get(ada, f"{BOARD}/country", country="FR")).json()
    assert board["me"] is None
    refused(await platform.get(ada, f"{BOARD}/country"), 400, "invalid_request")


async def test_a_run_shows_every_public_test_and_is_not_listed(platform: Platform, ada: Person) -> None:
    tried = await platform.run(ada, programs.TWO_SUM_WRONG)

    assert tried.keys() == SHAPE
    assert (tried["kind"], tried["problem"], tried["verdict"], tried["score"]) == ("run", "two-sum", "WA", None)
    assert len(tried["tests"]["items"]) == tried["tests"]["total"]
    assert all(item["public"] and item["actual"] == "[0, 0]" for item in tried["tests"]["items"])
    assert (await platform.get(ada, SUBMISSIONS)).json()["items"] == []
    assert (await platform.get(ada, f"{SUBMISSIONS}/{tried['id']}")).json() == tried
    assert (await platform.get(ada, "/api/v1/user/profile")).json()["submissions"] == 0


async def test_a_run_on_ones_own_tests_compares_only_what_is_expected(platform: Platform, ada: Person) -> None:
    inputs = ["one\n", "two\n", "three\n"]
    tests = [{"input": inputs[0], "expected": "one\n"}, {"input": inputs[1], "expected": "2\n"}, {"input": inputs[2]}]
    tried = await platform.run(ada, programs.ECHO, problem="echo", tests=tests)

    assert [item["verdict"] for item in tried["tests"]["items"]] == ["AC", "WA", "AC"]
    assert [item["actual"] for item in tried["tests"]["items"]] == inputs
    assert "expected" not in tried["tests"]["items"][2]


async def test_an_execution_reads_stdin_and_shows_what_came_out(platform: Platform, ada: Person) -> None:
    code = "import sys\nprint(sys.stdin.read().upper(), end='')\nprint('aside', file=sys.stderr)\n"
    ran = await platform.execute(ada, code, stdin="grüße\nlines\n")

    assert ran.keys() == SHAPE
    assert (ran["kind"], ran["problem"], ran["verdict"], ran["score"]) == ("custom", None, "AC", None)
    (item,) = ran["tests"]["items"]
    assert item["actual"] == "GRÜSSE\nLINES\n"
    assert "aside" in item["stderr"]
    assert item["input"] == "grüße\nlines\n"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("", None), ("pass", "AC"), ("raise SystemExit(1)", "RE"), ("import nothing", "RE"), ("(", "CE")],
)
async def test_an_execution_is_accepted_when_it_ends_well(
    platform: Platform, ada: Person, code: str, verdict: str | None
) -> None:
    if verdict is None:
        body = {"language": "python", "code": code}
        refused(await platform.post(ada, "/api/v1/user/execute", body), 422, "invalid_request")
    else:
        assert (await platform.execute(ada, code))["verdict"] == verdict


@pytest.mark.usefixtures("cpp")
async def test_an_execution_in_cpp(platform: Platform, ada: Person) -> None:
    ran = await platform.execute(ada, programs.A_PLUS_B_CPP, stdin="40\n2\n", language="cpp")

    assert (ran["verdict"], ran["tests"]["items"][0]["actual"]) == ("AC", "42\n")


async def test_the_longest_program_of_any_letters_is_taken(platform: Platform, ada: Person) -> None:
    rest = 65_536 - len(programs.TWO_SUM) - 1
    assert (await platform.judged(ada, f"{programs.TWO_SUM}#{'é' * rest}"))["verdict"] == "AC"


async def test_times_and_ids_are_what_clients_rely_on(platform: Platform, ada: Person) -> None:
    submission = await platform.judged(ada, programs.TWO_SUM)

    assert re.fullmatch(r"[0-9a-f]{32}", submission["trace_id"])
    assert uuid.UUID(submission["id"]).version == 7
    for moment in (submission["created_at"], submission["judged_at"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", moment)
