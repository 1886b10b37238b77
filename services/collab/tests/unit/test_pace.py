"""How fast a client is read."""

import time

from codex_collab.http.pace import Pace


async def test_a_burst_passes_at_once_and_the_rest_at_its_rate() -> None:
    pace = Pace(rate=100, burst=20)
    began = time.monotonic()
    for _ in range(20):
        await pace.next()
    burst = time.monotonic() - began
    for _ in range(20):
        await pace.next()

    assert burst < 0.1
    assert 0.15 < time.monotonic() - began < 1
