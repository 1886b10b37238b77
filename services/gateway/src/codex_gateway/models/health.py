"""Health."""

from typing import Literal

from codex_gateway.models.base import Answer, example


class Alive(Answer):
    model_config = example({"alive": True})

    alive: Literal[True] = True


class Ready(Answer):
    """The state of everything that the gateway needs."""

    model_config = example({"ready": True, "dependencies": {"redis": "up", "problem-service": "up"}})

    ready: bool
    dependencies: dict[str, Literal["up", "down"]]
