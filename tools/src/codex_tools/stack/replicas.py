"""How many processes each service is, what they are called, and where each of them listens."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NUMBER = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One process of a service. ``of`` says how many there are, ``number`` counts from 1."""

    service: str
    number: int = 1
    of: int = 1

    @property
    def name(self) -> str:
        """The service's own name for the first: who knows of one process finds it as ever."""
        return self.service if self.number == 1 else f"{self.service}-{self.number}"

    @property
    def scaled(self) -> bool:
        return self.of > 1


def replicas(service: str, scale: Mapping[str, int]) -> tuple[Replica, ...]:
    """All processes of a service."""
    count = scale.get(service, 1)
    return tuple(Replica(service=service, number=number, of=count) for number in range(1, count + 1))


def service_of(name: str) -> str:
    """The service that a process of this name belongs to."""
    return _NUMBER.sub("", name)


def in_order(names: Iterable[str], services: Iterable[str]) -> list[list[str]]:
    """Names of processes by service, in the order of the services; the other names are left out."""
    known = list(names)
    groups = ([name for name in known if service_of(name) == service] for service in services)
    return [group for group in groups if group]
