"""The six services: which module each is, and the environment it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import executable

from codex_tools.stack import health
from codex_tools.stack.home import Home
from codex_tools.stack.part import Check, Note, Part, Recipe
from codex_tools.stack.sandbox import build_runner, restriction
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
    """Everything that the services' environments are made of. ``extra`` holds what one service is given besides."""

    home: Home
    addresses: Addresses
    ports: Mapping[str, int]
    environment: Mapping[str, str] = field(repr=False)
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def target(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"


def recipes(wiring: Wiring) -> tuple[tuple[str, Recipe], ...]:
    return tuple((name, _recipe(wiring, name)) for name in NAMES)


def _recipe(wiring: Wiring, name: str) -> Recipe:
    async def prepare(note: Note) -> Part:
        runner = await _runner(wiring.home, note) if name == "code-execution-service" else None
        module = f"codex_{name.removesuffix('-service').replace('-', '_')}"
        return Part(
            name=name,
            word=module,
            store=False,
            port=wiring.ports[name],
            argv=(executable, "-m", module),
            environment=_environment(wiring, name, runner),
            folder=wiring.home.folder,
            healthy=_check(wiring, name),
        )

    return prepare


async def _runner(home: Home, note: Note) -> Path:
    if weaker := restriction(home):
        note(weaker)
    return await build_runner(home, note)


def _check(wiring: Wiring, name: str) -> Check:
    if name == "gateway-service":
        return health.http(f"{wiring.addresses.gateway}/health/live")
    return health.grpc_health(wiring.target(name))


def _environment(wiring: Wiring, name: str, runner: Path | None) -> dict[str, str]:
    own = {
        "gateway-service": _gateway,
        "auth-user-service": _auth_user,
        "problem-service": _problem,
        "code-manage-service": _code_manage,
        "code-execution-service": _code_execution,
        "collab-service": _collab,
    }[name](wiring)
    address = {} if name == "gateway-service" else {"CODEX_GRPC_ADDRESS": wiring.target(name)}
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


def _gateway(wiring: Wiring) -> dict[str, str]:
    traces = wiring.addresses.traces
    return {
        "CODEX_HTTP_ADDRESS": wiring.target("gateway-service"),
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
        "CODEX_CODE_MANAGE_TARGET": wiring.target("code-manage-service"),
        "CODEX_COLLAB_TARGET": wiring.target("collab-service"),
        "REDIS_URL": wiring.addresses.redis,
        **({"CODEX_TRACE_API_URL": traces} if traces else {}),
    }


def _auth_user(wiring: Wiring) -> dict[str, str]:
    return {
        "DATABASE_URL": wiring.addresses.postgres,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
        "CODEX_SECRETS_DIR": str(wiring.home.secrets),
    }


def _problem(wiring: Wiring) -> dict[str, str]:
    return {
        "MONGODB_URI": wiring.addresses.mongo,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
    }


def _code_manage(wiring: Wiring) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP_SERVERS": wiring.addresses.kafka,
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_PROBLEM_TARGET": wiring.target("problem-service"),
    }


def _code_execution(wiring: Wiring) -> dict[str, str]:
    return {**_code_manage(wiring), "CODEX_WORK_DIR": str(wiring.home.folder / "judge")}


def _collab(wiring: Wiring) -> dict[str, str]:
    return {
        "CODEX_HTTP_ADDRESS": wiring.target(COLLAB_HTTP),
        "CODEX_WEBSOCKET_URL": f"ws://{wiring.target(COLLAB_HTTP)}/ws",
        "REDIS_URL": wiring.addresses.redis,
        "CODEX_AUTH_USER_TARGET": wiring.target("auth-user-service"),
    }
