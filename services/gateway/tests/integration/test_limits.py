"""How often somebody may call."""

import asyncio
from collections import Counter

import pytest
from services.gateway.tests.integration.conftest import Serve
from services.gateway.tests.integration.world import Gateway, User, assert_refused

RUN = "/api/v1/user/execute"
PROGRAM = {"language": "python", "code": "print(1)"}
LANGUAGES = "/api/v1/public/languages"
LOG_IN = {"email": "ada@example.com", "password": "wrong"}


async def test_a_burst_passes_and_the_next_is_told_when_to_come_back(gateway: Gateway) -> None:
    user = User()
    answers = await asyncio.gather(*(gateway.post(RUN, PROGRAM, user) for _ in range(64)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert 1 <= len(refused) <= 4
    assert_refused(refused[0], 429, "rate_limited")
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].headers["ratelimit-limit"] == "60"
    assert refused[0].headers["ratelimit-remaining"] == "0"


async def test_every_answer_says_what_is_left(gateway: Gateway) -> None:
    user = User()
    first = await gateway.post(RUN, PROGRAM, user)
    second = await gateway.post("/api/v1/user/run", {**PROGRAM, "problem": "echo"}, user)

    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("60", "59")
    assert second.headers["ratelimit-remaining"] == "58"
    assert second.headers["ratelimit-reset"] == "1"


async def test_tokens_come_back_with_time(serve: Serve) -> None:
    user = User()
    async with serve(judge_per_minute=600, judge_burst=1) as gateway:
        assert (await gateway.post(RUN, PROGRAM, user)).status_code == 202
        assert_refused(await gateway.post(RUN, PROGRAM, user), 429, "rate_limited")
        async with asyncio.timeout(2):
            while (await gateway.post(RUN, PROGRAM, user)).status_code == 429:
                pass


async def test_users_do_not_count_for_each_other_wherever_they_are(serve: Serve) -> None:
    async with serve(judge_burst=1) as gateway:
        answers = [await gateway.post(RUN, PROGRAM, User()) for _ in range(5)]

        assert {answer.status_code for answer in answers} == {202}


async def test_reading_and_judging_have_limits_of_their_own(serve: Serve) -> None:
    user = User()
    async with serve(judge_burst=1) as gateway:
        await gateway.post(RUN, PROGRAM, user)
        assert_refused(await gateway.post(RUN, PROGRAM, user), 429, "rate_limited")

        assert (await gateway.get("/api/v1/user/leaderboard/global", user)).status_code == 200


async def test_whoever_has_no_name_counts_by_address(serve: Serve) -> None:
    async with serve(reads_per_minute=2) as gateway:
        answers = [await gateway.client.get(LANGUAGES) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]

        assert (await gateway.get(LANGUAGES)).status_code == 200


async def test_passwords_may_be_tried_so_often_from_one_address(serve: Serve) -> None:
    async with serve(sign_ins_per_hour=2) as gateway:
        answers = [await gateway.client.post("/api/v1/user/auth/login", json=LOG_IN) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 1_000


@pytest.mark.parametrize(("trusted", "statuses"), [("", {200: 1, 429: 2}), ("127.0.0.1", {200: 3})])
async def test_only_a_trusted_proxy_may_say_where_somebody_is(
    serve: Serve, trusted: str, statuses: dict[int, int]
) -> None:
    async with serve(reads_per_minute=1, trusted_proxies=trusted) as gateway:
        answers = [
            await gateway.client.get(LANGUAGES, headers={"X-Forwarded-For": f"192.0.2.{host}"}) for host in range(3)
        ]

        assert Counter(answer.status_code for answer in answers) == statuses


async def test_one_ipv6_network_is_one_address(serve: Serve) -> None:
    async with serve(reads_per_minute=1, trusted_proxies="127.0.0.1") as gateway:
        answers = [
            await gateway.client.get(LANGUAGES, headers={"X-Forwarded-For": address})
            for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
        ]

        assert [answer.status_code for answer in answers] == [200, 429, 200]


async def test_health_is_not_limited(serve: Serve) -> None:
    async with serve(reads_per_minute=1, max_requests=1) as gateway:
        answers = await asyncio.gather(*(gateway.client.get("/health/live") for _ in range(20)))

        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit-limit" not in answers[0].headers


async def test_more_requests_than_can_be_served_at_once_are_told_to_come_again(serve: Serve) -> None:
    async with serve(max_requests=2) as gateway:
        answers = await asyncio.gather(*(gateway.post(RUN, PROGRAM) for _ in range(40)))

        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[503] > 0
        assert statuses[202] >= 2
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert_refused(refused, 503, "overloaded")
        assert refused.headers["retry-after"] == "2"
