"""Sends people on their way: at their own times (open loop), or each when done with the last thing (closed loop)."""

import asyncio
from collections.abc import Iterable, Sequence

from codex_tools.load.api import Fault, Refused
from codex_tools.load.arrivals import Arrival, Chance
from codex_tools.load.ledger import Ending, Ledger
from codex_tools.load.operations import Place, Visit, WrongVerdict
from codex_tools.load.people import Person

_TAKE_BREATH = 0.1  # seconds before a client of the closed loop comes again after it got nothing


class Driver:
    """Does what arrives, and enters how it ended. ``patience``: seconds that anybody waits, repetitions included."""

    def __init__(self, place: Place, people: Sequence[Person], ledger: Ledger, *, patience: float) -> None:
        self._place = place
        self._people = people
        self._ledger = ledger
        self._patience = patience

    async def open_loop(self, arrivals: Iterable[Arrival], *, max_in_flight: int) -> None:
        """Begin everything when it is due, however the platform does; what would be too much at once is not sent."""
        ledger = self._ledger
        async with asyncio.TaskGroup() as tasks:
            for arrival in arrivals:
                await asyncio.sleep(max(0.0, arrival.due - ledger.now()))
                lag = ledger.now() - arrival.due
                due = arrival.due + min(0.0, lag)  # uvloop's timers count milliseconds, and may be early by half of one
                ledger.arrive(due, max(0.0, lag))
                if ledger.in_flight < max_in_flight:
                    ledger.in_flight += 1
                    tasks.create_task(self._perform(arrival, due))
                else:
                    ledger.end(arrival.operation.name, due, Ending.NOT_SENT)

    async def closed_loop(self, chances: Iterable[Chance]) -> None:
        """A client for each chance, who does one thing after another until the window is over."""
        async with asyncio.TaskGroup() as tasks:
            for chance in chances:
                tasks.create_task(self._client(chance))

    async def _client(self, chance: Chance) -> None:
        ledger = self._ledger
        while (now := ledger.now()) < ledger.seconds:
            ledger.arrive(now, 0.0)
            ledger.in_flight += 1
            ending = await self._perform(chance.arrival(now), now)
            if ending in (Ending.REFUSED, Ending.FAULT):
                await asyncio.sleep(_TAKE_BREATH)

    async def _perform(self, arrival: Arrival, due: float) -> Ending:
        ending, reason = Ending.DONE, ""
        try:
            async with asyncio.timeout(self._patience):
                await arrival.operation.act(self._visit(arrival))
        except Refused as refusal:
            ending, reason = Ending.REFUSED, str(refusal)
        except WrongVerdict as verdict:
            ending, reason = Ending.WRONG, str(verdict)
        except Fault as fault:
            ending, reason = Ending.FAULT, str(fault)
        except KeyError as missing:
            ending, reason = Ending.FAULT, f"the answer lacks {missing}"
        except TimeoutError:
            ending, reason = Ending.TIMEOUT, f"nothing within {self._patience:g} s"
        self._ledger.in_flight -= 1
        self._ledger.end(arrival.operation.name, due, ending, reason)
        return ending

    def _visit(self, arrival: Arrival) -> Visit:
        return Visit(place=self._place, person=self._people[arrival.person], draw=arrival.draw)
