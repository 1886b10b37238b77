"""Which parts this stack has, at which addresses: decided once, before anything is started."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from codex_tools.stack import health, kafka, mongo, ports, postgres, services, telemetry, valkey
from codex_tools.stack.environment import clean
from codex_tools.stack.home import Home
from codex_tools.stack.part import Recipe
from codex_tools.stack.state import Addresses
from codex_tools.stack.supervisor import Plan

GIVEN = {
    "kafka": "KAFKA_BOOTSTRAP_SERVERS",
    "postgres": "DATABASE_URL",
    "mongo": "MONGODB_URI",
    "redis": "REDIS_URL",
}
_PORTS = ("traces", "otlp", "kafka", "kafka-controller", "postgres", "mongo", "redis")


STORES = frozenset({*GIVEN, "traces"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants: which stores, the services or not, tracing or not.

    ``extra`` maps a service to variables that it is given besides its own, ``scale`` to how many processes it is.
    """

    tracing: bool = True
    services: bool = True
    stores: frozenset[str] = STORES
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scale: Mapping[str, int] = field(default_factory=dict)


def plan(home: Home, wishes: Wishes, environment: Mapping[str, str]) -> Plan:
    """A whole stack in ``home``. A store whose address ``environment`` gives is used and not started."""
    numbers = ports.assign(home, (*services.port_names(wishes.scale), *_PORTS))
    given = {store: environment[variable] for store, variable in GIVEN.items() if environment.get(variable)}
    wanted = wishes.stores - given.keys() - (set() if wishes.tracing else {"traces"})
    addresses = _addresses(home, numbers, wanted, given, services_too=wishes.services)
    passed_on = clean(environment)
    stores = _stores(home, numbers, addresses, passed_on)
    wiring = services.Wiring(
        home=home,
        addresses=addresses,
        ports=numbers,
        environment=passed_on,
        extra=wishes.extra,
        scale=wishes.scale,
    )
    return Plan(
        addresses=addresses,
        stores=tuple((name, stores[name]) for name in stores if name in wanted),
        services=services.recipes(wiring) if wishes.services else (),
        ready=health.http(f"{addresses.gateway}/health/ready") if wishes.services else _at_once,
        farewell=services.FAREWELL,
    )


async def _at_once() -> None:
    """Stores alone are ready when each of them is."""


def _addresses(
    home: Home, numbers: Mapping[str, int], wanted: AbstractSet[str], given: Mapping[str, str], *, services_too: bool
) -> Addresses:
    local = {name: f"127.0.0.1:{number}" for name, number in numbers.items()}
    own = {
        "kafka": local["kafka"],
        "postgres": postgres.url(home, numbers["postgres"]),
        "mongo": mongo.uri(numbers["mongo"]),
        "redis": f"redis://{local['redis']}/0",
    }
    return Addresses(
        gateway=f"http://{local['gateway-service']}" if services_too else None,
        collab=f"http://{local[services.COLLAB_HTTP]}" if services_too else None,
        traces=f"http://{local['traces']}" if "traces" in wanted else None,
        otlp=local["otlp"] if "traces" in wanted else None,
        **{**{store: own[store] for store in own if store in wanted}, **given},
    )


def _stores(
    home: Home, numbers: Mapping[str, int], addresses: Addresses, environment: Mapping[str, str]
) -> dict[str, Recipe]:
    """Every store that could be started, largest first: they share the machine while they start."""
    return {
        "kafka": kafka.recipe(home, (numbers["kafka"], numbers["kafka-controller"]), environment),
        "postgres": postgres.recipe(home, numbers["postgres"], addresses.postgres, environment),
        "mongo": mongo.recipe(home, numbers["mongo"], environment),
        "redis": valkey.recipe(home, numbers["redis"], addresses.redis, environment),
        "traces": telemetry.recipe(home, numbers["otlp"], numbers["traces"], environment),
    }
