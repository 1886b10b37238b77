"""Waiting for what must happen, instead of sleeping until it probably has."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(check: Callable[[], Coroutine[Any, Any, T | None]], *, within: float = 10.0) -> T: ...


@overload
async def eventually(check: Callable[[], T | None], *, within: float = 10.0) -> T: ...


async def eventually(check: Callable[[], Any], *, within: float = 10.0) -> Any:
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


async def _called(check: Callable[[], Any]) -> Any:
    value = check()
    return await value if inspect.isawaitable(value) else value
