"""One person's flood is their own affair."""

import asyncio
import time
from functools import partial

from tests.e2e.client import Person, Platform, eventually
from tests.e2e.spans import Json

UNHURRIED = "import time\ntime.sleep(0.2)\nprint(input())\n"
FLOOD = 55  # less than a person may send at once, more than may be in the front topic


async def test_somebody_with_many_submissions_does_not_delay_anothers_first(
    platform: Platform, ada: Person, grace: Person
) -> None:
    answers = await asyncio.gather(
        *(platform.submit(ada, UNHURRIED, problem="echo", Prefer="respond-async") for _ in range(FLOOD))
    )
    assert {answer.status_code for answer in answers} == {202}

    began = time.monotonic()
    first = await platform.judged(grace, "print(input())\n", problem="echo")
    waited = time.monotonic() - began
    flood = await platform.http.get("/api/v1/user/submissions?limit=100", headers=ada.headers)

    assert first["verdict"] == "AC"
    assert waited <= 2
    assert "pending" in {each["status"] for each in flood.json()["items"]}, "the flood was over: nothing was shown"


async def test_a_flood_is_judged_to_its_end_and_once_each(platform: Platform, ada: Person) -> None:
    sent = [
        (await platform.submit(ada, "print(input())\n", problem="echo", Prefer="respond-async")).json()["id"]
        for _ in range(FLOOD)
    ]

    async def finished(id: str) -> bool:
        submission = (await platform.get(ada, f"/api/v1/user/submissions/{id}")).json()
        judged[id] = submission
        return bool(submission["status"] == "done")

    judged: dict[str, Json] = {}
    for id in sent:
        await eventually(partial(finished, id), within=30)

    assert {each["verdict"] for each in judged.values()} == {"AC"}
    assert {each["attempt"] for each in judged.values()} == {1}
