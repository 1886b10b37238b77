"""On the real stack, as in the model: in whichever order things happen, every promise is kept."""

import asyncio
import random
from itertools import chain

import pytest

from codex_testing.waiting import eventually
from codex_testing.worker import Worker
from tests.chaos import invariants
from tests.chaos.clients import Diary
from tests.chaos.evidence import Story, Violation
from tests.chaos.reading import Unreadable, story_of
from tests.chaos.schedules import KEYS, STEPS, Play, kill_now_and_then, stand_in
from tests.chaos.stack import running
from tests.e2e.client import Platform

AUTHORS = 40
KILLS = 8
SECONDS = 10
WITHIN = 60.0
SETTINGS = (
    "code-execution.CODEX_TOPIC_PREFIX=aside.",  # so that all jobs come to us
    "code-manage.CODEX_RECONCILE_AFTER=5",
    "code-manage.CODEX_RECONCILE_PRODUCTIONS=1000",  # we may keep a job for longer than anybody would wait
)
RULES = (
    invariants.every_key_is_answered,
    invariants.what_was_accepted_is_listed_once,
    invariants.everything_is_judged,
    invariants.a_verdict_never_changes,
    invariants.a_problem_is_scored_once,
    invariants.only_right_programs_gain_their_points,
    invariants.totals_agree,
)


async def new_play(platform: Platform, worker: Worker, seed: str) -> Play:
    person = await platform.sign_up()
    profile = (await platform.http.get("/api/v1/user/profile", headers=person.headers)).json()
    return Play(platform, Diary(person), author=profile["id"], worker=worker, seed=seed)


def broken(play: Play, story: Story) -> list[Violation | str]:
    """The promises to one author that are not kept, or not yet."""
    keys = {key for key in KEYS if key}
    ids = {key: {id for order in story.orders if order.key.endswith(key) for id in order.ids} for key in keys}
    requests = len(keys) + KEYS.count("")
    found: list[Violation | str] = [each for rule in RULES for each in rule(story)]
    found += [f"{key} is more than one submission" for key, named in ids.items() if len(named) != 1]
    found += ["a submission that nobody made"] * (len(story.listed) > requests)
    found += [
        f"{each.id} is {each.verdict}, which no worker said"
        for each in story.listed
        if each.verdict not in play.given[each.id]
    ]
    return found


async def settled(platform: Platform, play: Play) -> list[Violation | str]:
    """What is broken when everything that was lost has come again, within the time that there is for it."""
    found: list[Violation | str] = []

    async def kept() -> bool:
        nonlocal found
        await play.judge_all()
        try:
            found = broken(play, await story_of(platform, play.diary))
        except Unreadable:
            return False
        return not found

    try:
        await eventually(kept, within=WITHIN)
    except TimeoutError:
        return found or ["unreadable"]
    return []


@pytest.mark.timeout(300)
async def test_in_whichever_order_jobs_results_and_crashes_come_every_promise_is_kept() -> None:
    async with running(*SETTINGS) as stack, stand_in(stack) as worker:
        platform = Platform(stack.gateway, stack.traces)
        plays = [await new_play(platform, worker, f"play-{number}") for number in range(AUTHORS)]
        killing = asyncio.create_task(kill_now_and_then(stack, random.Random(11), KILLS, SECONDS))
        await asyncio.gather(*(play.act(STEPS) for play in plays))
        killed = await killing
        await asyncio.gather(*(play.finish() for play in plays))
        found = list(chain.from_iterable(await asyncio.gather(*(settled(platform, play) for play in plays))))
        await platform.close()

    assert not found, "\n".join(map(str, found))
    assert killed >= KILLS - 2
