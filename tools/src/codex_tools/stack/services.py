"""The six services: which module each is, and the environment it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import executable

from codex_tools.stack import health
from codex_tools.stack.home import Home
from codex_tools.stack.part import Check, Note, Part, Recipe
from codex_tools.stack.replicas import Replica, replicas, service_of
from codex_tools.stack.sandbox import Runner
from codex_tools.stack.state import Addresses

NAMES = (
    "gateway-service",
    "auth-user-service",
    "problem-service",
    "code-manage-service",
    "code-execution-service",
    "collab-service",
)
FAREWELL = (
    "gateway-service",
    "code-manage-service",
    "code-execution-service",
    "problem-service",
    "auth-user-service",
    "collab-service",
)
COLLAB_HTTP = "collab-http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything that the services' environments are made of.

    ``extra`` holds what one service is given besides, ``scale`` how many processes a service is if not one.
    """

    home: Home
    addresses: Addresses
    ports: Mapping[str, int]
    environment: Mapping[str, str] = field(repr=False)
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    scale: Mapping[str, int] = field(default_factory=dict)

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"

    def target(self, service: str) -> str:
        """What callers of a service are given: its address, or the addresses of all its processes."""
        addresses = ",".join(self.address(port_name(replica)) for replica in replicas(service, self.scale))
        return f"ipv4:{addresses}" if "," in addresses else addresses


def service_name(short: str) -> str:
    """A service, or one process of it, as somebody at a terminal may write it: ``problem``, ``problem-2``."""
    number = short.removeprefix(service_of(short))
    return f"{service_of(short).removesuffix('-service')}-service{number}"


def port_name(replica: Replica) -> str:
    """Under which name a process has its own port. Gateways share the public one, so each of several needs another."""
    shares = replica.scaled and replica.service == "gateway-service"
    return f"{replica.service}-{replica.number}" if shares else replica.name


def port_names(scale: Mapping[str, int]) -> tuple[str, ...]:
    """Every port that the services need, public ones first."""
    own = (port_name(replica) for service in NAMES for replica in replicas(service, scale))
    return tuple(dict.fromkeys(("gateway-service", COLLAB_HTTP, *own)))


def recipes(wiring: Wiring) -> tuple[tuple[str, Recipe], ...]:
    every = (replica for name in NAMES for replica in replicas(name, wiring.scale))
    runner = Runner(wiring.home)
    return tuple((replica.name, _recipe(wiring, replica, runner)) for replica in every)


def _recipe(wiring: Wiring, replica: Replica, runner: Runner) -> Recipe:
    async def prepare(note: Note) -> Part:
        path = await runner.path(note) if replica.service == "code-execution-service" else None
        module = f"codex_{replica.service.removesuffix('-service').replace('-', '_')}"
        return Part(
            name=replica.name,
            word=module,
            store=False,
            port=wiring.ports[port_name(replica)],
            argv=(executable, "-m", module),
            environment=_environment(wiring, replica, path),
            folder=wiring.home.folder,
            healthy=_check(wiring, replica),
        )

    return prepare


def _check(wiring: Wiring, replica: Replica) -> Check:
    address = wiring.address(port_name(replica))
    if replica.service == "gateway-service":
        return health.http(f"http://{address}/health/live")
    return health.grpc_health(address)


def _environment(wiring: Wiring, replica: Replica, runner: Path | None) -> dict[str, str]:
    name = replica.service
    own = {
        "gateway-service": _gateway,
        "auth-user-service": _auth_user,
        "problem-service": _problem,
        "code-manage-service": _code_manage,
        "code-execution-service": _code_execution,
        "collab-service": _collab,
    }[name](wiring, replica)
    address = {} if name == "gateway-service" else {"CODEX_GRPC_ADDRESS": wiring.address(replica.name)}
    return {
        **wiring.environment,
        "CODEX_ENVIRONMENT": "development",
        **(_tracing(wiring) if name != "collab-service" else {}),
        **address,
        **own,
        **({"CODEX_RUNNER_PATH": str(runner)} if runner else {}),
        **wiring.extra.get(name, {}),
    }


def _tracing(wiring: Wiring) -> dict[str, str]:
    if wiring.addresses.otlp is None:
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": wiring.addresses.otlp,
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "OTEL_BSP_MAX_QUEUE_SIZE": "8192",
    }


def _shared(replica: Replica) -> dict[str, str]:
    return {"CODEX_HTTP_REUSE_PORT": "true"} if replica.scaled else {}


def _gateway(wiring: Wiring, replica: Replica) -> dict[str, str]:
    traces = wiring.addresses.traces
    listens = dict.fromkeys((wiring.address("gateway-service"), wiring.address(port_name(replica))))
    return {
        "CODEX_HTTP_ADDRESS": ",".join(listens),
        **_shared(replica),
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
        "CODEX_CODE_MANAGE_TARGET": wiring.target("code-manage-service"),
        "CODEX_COLLAB_TARGET": wiring.target("collab-service"),
        "REDIS_URL": wiring.addresses.redis,
        **({"CODEX_TRACE_API_URL": traces} if traces else {}),
    }


def _auth_user(wiring: Wiring, _: Replica) -> dict[str, str]:
    return {
        "DATABASE_URL": wiring.addresses.postgres,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
        "CODEX_SECRETS_DIR": str(wiring.home.secrets),
    }


def _problem(wiring: Wiring, _: Replica) -> dict[str, str]:
    return {
        "MONGODB_URI": wiring.addresses.mongo,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
    }


def _code_manage(wiring: Wiring, _: Replica) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": wiring.addresses.kafka,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
    }


def _code_execution(wiring: Wiring, replica: Replica) -> dict[str, str]:
    folder = "judge" if replica.number == 1 else f"judge-{replica.number}"
    return {**_code_manage(wiring, replica), "CODEX_WORK_DIR": str(wiring.home.folder / folder)}


def _collab(wiring: Wiring, replica: Replica) -> dict[str, str]:
    return {
        "CODEX_HTTP_ADDRESS": wiring.address(COLLAB_HTTP),
        "CODEX_WEBSOCKET_URL": f"ws://{wiring.address(COLLAB_HTTP)}/ws",
        **_shared(replica),
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
    }
