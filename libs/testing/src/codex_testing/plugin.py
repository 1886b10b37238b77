"""Fixtures: one server of each kind for a whole session, started when the first test asks for it."""

import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import structlog

if TYPE_CHECKING:
    from codex_testing.stores import Store
    from codex_tools.stack.home import Home
    from codex_tools.stack.part import Recipe

# A plugin is imported in every session, also in those that need no store: so what is dear is imported where it is used.
# ruff: noqa: PLC0415


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than ten seconds")
    brief = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, brief])
    _hear_interrupts()


def _hear_interrupts() -> None:
    """What a shell starts in the background ignores SIGINT, and what we start would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack_home(tmp_path_factory: pytest.TempPathFactory) -> "Home":
    """The folder of the session's stores; downloads come from the user's cache."""
    from codex_tools.stack.home import Home, cache_from

    home = Home(folder=tmp_path_factory.mktemp("stores"), cache=cache_from(os.environ))
    home.make()
    return home


@pytest.fixture(scope="session")
async def mongo_store(stack_home: "Home") -> AsyncIterator["Store"]:
    """A server of the MongoDB protocol."""
    from codex_tools.stack import mongo

    port = _free_port()
    async with _running(stack_home, mongo.recipe(stack_home, port, _environment()), mongo.uri(port)) as store:
        yield store


@pytest.fixture(scope="session")
async def redis_store(stack_home: "Home") -> AsyncIterator["Store"]:
    """A server of the Redis protocol, with a database for every test that wants one."""
    from codex_tools.stack import valkey

    port = _free_port()
    url = f"redis://127.0.0.1:{port}/0"
    recipe = valkey.recipe(stack_home, port, url, _environment())
    async with _running(stack_home, recipe, url, "--databases", "1000") as store:
        yield store


@pytest.fixture(scope="session")
async def kafka_store(stack_home: "Home") -> AsyncIterator["Store"]:
    """A broker; its ``url`` is its bootstrap address."""
    from codex_tools.stack import kafka

    ports = _free_port(), _free_port()
    recipe = kafka.recipe(stack_home, ports, _environment())
    async with _running(stack_home, recipe, f"127.0.0.1:{ports[0]}") as store:
        yield store


@pytest.fixture(scope="session")
async def postgres_store(stack_home: "Home") -> AsyncIterator["Store"]:
    """A PostgreSQL server."""
    from codex_tools.stack import postgres

    port = _free_port()
    url = postgres.url(stack_home, port)
    async with _running(stack_home, postgres.recipe(stack_home, port, url, _environment()), url) as store:
        yield store
    postgres.remove_data(stack_home)


@pytest.fixture(scope="session")
def _redis_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture(scope="session")
def fresh_redis(redis_store: "Store", _redis_numbers: Iterator[int]) -> Callable[[], str]:
    """Gives the address of a Redis database that nobody has used in this session."""
    return lambda: redis_store.database(next(_redis_numbers))


@pytest.fixture(scope="session")
def fresh_mongo(mongo_store: "Store") -> Callable[[], str]:
    """Gives the address of a MongoDB database that nobody has used in this session."""
    return lambda: mongo_store.database(f"test-{uuid4().hex[:12]}")


@asynccontextmanager
async def _running(home: "Home", recipe: "Recipe", url: str, *options: str) -> AsyncIterator["Store"]:
    from codex_testing.stores import Store

    part = await recipe(lambda _: None)
    store = Store(replace(part, argv=(*part.argv, *options)), url, home.log_of(part.name))
    try:
        await store.start()
        yield store
    finally:
        await store.stop()


def _environment() -> dict[str, str]:
    from codex_tools.stack import environment

    return environment.clean(environment.caller())


def _free_port() -> int:
    from codex_tools.stack import ports

    return ports.choose(("test",), {})["test"]
