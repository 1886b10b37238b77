"""Waiting for what must happen, instead of sleeping until it probably has."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T] | T], *, within: float = 10.0) -> T:
    """What ``check`` returns as soon as that is true; after ``within`` seconds the last failure or a TimeoutError."""
    failure: Exception | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    if value := await _called(check):
                        return value
                except Exception as error:  # noqa: BLE001 (whatever it raises: not yet)
                    failure = error
                await asyncio.sleep(0.02)
    except TimeoutError as late:
        raise failure or TimeoutError(f"not true within {within} s") from late


async def _called(check: Callable[[], Awaitable[T] | T]) -> T:
    value = check()
    return await value if inspect.isawaitable(value) else value
