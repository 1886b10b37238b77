"""The course of a run: find out what there is, sign people up, let them loose, count."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from codex_tools.load.api import PUBLIC, USER, Api, parsed, parsed_list
from codex_tools.load.arrivals import Chance
from codex_tools.load.bars import judge
from codex_tools.load.client import Address, Pool
from codex_tools.load.driver import Driver
from codex_tools.load.ledger import Ledger
from codex_tools.load.mix import mix, without
from codex_tools.load.operations import EVENTS, Operation, Place
from codex_tools.load.options import Options
from codex_tools.load.people import Person, keep_signed_in, sign_up
from codex_tools.load.programs import Shelf
from codex_tools.load.progress import tell
from codex_tools.load.result import Facts, Result

_SETUP_WITHIN = 60


async def run(options: Options, gateway: str, out: Console) -> Result:
    """One run on one gateway.

    Raises:
        Fault, Refused: nobody could sign up, or the stack does not say what there is.
        ValueError: the wishes fit nothing that there is.
        TimeoutError: it took minutes to get ready.
    """
    with closing(Pool(Address.of(gateway))) as pool:
        api, once = Api(pool, retry=options.retry), Api(pool)
        async with asyncio.timeout(_SETUP_WITHIN + options.people):
            people, place, operations = await _prepare(options, api, once)
        if len(people) < options.people:
            out.print(f"  only {len(people)} of {options.people} people: the gateway limits sign-ups an hour")
        out.print(f"  {escape(gateway)}: {options.loop}, {len(people)} people")
        ledger = Ledger(warm_up=options.warm_up, seconds=options.seconds)
        started, cpu, requests = datetime.now(UTC), time.process_time(), pool.requests
        driver = Driver(place, people, ledger, patience=options.patience)
        await _beside(_drive(options, driver, operations, len(people)), keep_signed_in(once, people), tell(ledger, out))
        facts = Facts(
            options=options,
            started=started.isoformat(timespec="seconds"),
            gateway=gateway,
            people=len(people),
            mix={operation.name: operation.weight for operation in operations},
            languages=place.shelf.languages,
            cpu=time.process_time() - cpu,
            requests=pool.requests - requests,
            retries=api.retries,
        )
        return Result(facts=facts, ledger=ledger, findings=[judge(bar, ledger) for bar in options.expect])


async def _prepare(options: Options, api: Api, once: Api) -> tuple[list[Person], Place, tuple[Operation, ...]]:
    """People, what they find, and what they will do there. Nobody waits an hour for a sign-up: ``once`` tries once."""
    operations = mix(options.mix)
    people = await sign_up(once, options.people)
    token = people[0].token
    languages = parsed_list((await once.get(f"{PUBLIC}/languages", token)).body)
    problems = parsed((await once.get(f"{PUBLIC}/problems?limit=100", token)).body)
    paths = parsed((await once.get("/openapi.json")).body)["paths"]
    if f"{USER}/submissions/{{id}}/events" not in paths:
        operations = without(operations, EVENTS)
    shelf = Shelf({language["id"] for language in languages})
    slugs = [problem["slug"] for problem in problems["items"]]
    return people, Place(api=api, slugs=slugs, shelf=shelf, distinct=options.distinct), operations


async def _drive(options: Options, driver: Driver, operations: Sequence[Operation], people: int) -> None:
    if options.clients:
        await driver.closed_loop(Chance(operations, people, options.seed + number) for number in range(options.clients))
        return
    arrivals = Chance(operations, people, options.seed).poisson(options.rate, -options.warm_up, options.seconds)
    await driver.open_loop(arrivals, max_in_flight=options.max_in_flight)


async def _beside(work: Coroutine[Any, Any, None], *endless: Coroutine[Any, Any, None]) -> None:
    """Do the work; what is endless goes on for as long."""
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(one) for one in endless]
        await work
        for other in others:
            other.cancel()
