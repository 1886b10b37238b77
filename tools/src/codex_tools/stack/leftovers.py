"""Processes that a killed supervisor left behind."""

import asyncio
from collections.abc import Sequence
from signal import SIGINT, SIGTERM

from codex_tools.stack.home import Home
from codex_tools.stack.process import end_stranded
from codex_tools.stack.state import Record, recorded, withdraw


async def clear(home: Home) -> tuple[str, ...]:
    """End what is recorded and still the process it was, services before stores; the names of what was found."""
    records = recorded(home)
    services = [record for record in records if not record.store]
    stores = [record for record in records if record.store]
    found = (*await _end_all(services), *await _end_all(stores))
    withdraw(home)
    return found


async def _end_all(records: Sequence[Record]) -> list[str]:
    ended = await asyncio.gather(*(_end(record) for record in records))
    return [record.name for record, was_there in zip(records, ended, strict=True) if was_there]


async def _end(record: Record) -> bool:
    if record.process is None:
        return False
    politely = SIGINT if record.name == "postgres" else SIGTERM
    return await end_stranded(record.process, politely=politely)
