"""Readiness: a service is ready when everything that it needs answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger()

Probe = Callable[[], Awaitable[object]]


class Readiness:
    """Asks each dependency by a probe, which raises or does not return in time when the dependency is down."""

    def __init__(self, probes: Mapping[str, Probe], *, timeout: float = 1.0) -> None:
        self._probes = probes
        self._timeout = timeout

    async def check(self) -> dict[str, bool]:
        """The state of every dependency by name, asked now and all at once."""
        states = await asyncio.gather(*(self._up(name, probe) for name, probe in self._probes.items()))
        return dict(zip(self._probes, states, strict=True))

    async def _up(self, name: str, probe: Probe) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                await probe()
        except Exception as error:  # noqa: BLE001 (whatever a driver raises means: not ready)
            log.debug("dependency is not ready", dependency=name, error=repr(error))
            return False
        return True
