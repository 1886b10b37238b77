"""What the stack is, as Compose and the engine see it."""

import json
from collections.abc import Callable

from tests.compose.commands import run
from tests.compose.stack import ONCE, SERVICES, SLOTS, STORES, Json, Stack, is_up

_MEMORY = 4000  # MB
_TRACED = set(SERVICES) - {"collab"}
_OUTSIDE = "import socket; socket.create_connection(('192.0.2.1', 443), 3)"


def _shipped(*files: str) -> Json:
    """The services as a person gets them who sets no variable."""
    words = [word for file in files for word in ("--file", file)]
    services: Json = json.loads(run(["docker", "compose", *words, "config", "--format", "json"], timeout=60))[
        "services"
    ]
    return services


def test_it_is_healthy_within_a_minute(stack: Stack, note: Callable[[str], None]) -> None:
    note(f"healthy {stack.seconds:.1f} s after `docker compose up --wait`")
    assert stack.seconds <= 60
    containers = stack.containers()
    assert [name for name, each in containers.items() if name not in ONCE and not is_up(each)] == []
    assert [containers[name]["State"]["ExitCode"] for name in ONCE] == [0, 0, 0]


def test_it_takes_less_than_4_gb_and_may_never_take_more(stack: Stack, note: Callable[[str], None]) -> None:
    limits = {name: int(service["mem_limit"]) / 1e6 for name, service in stack.configuration()["services"].items()}
    assert sum(limits.values()) < _MEMORY
    for name, container in stack.containers().items():
        assert container["HostConfig"]["Memory"] / 1e6 == limits[name]
    taken = stack.memory()
    note(f"memory: {sum(taken.values()):.0f} MB taken, {sum(limits.values()):.0f} MB at most")
    assert sum(taken.values()) < _MEMORY


def test_nothing_is_published_but_gateway_collab_and_grafana_and_those_on_this_machine_alone() -> None:
    published = {
        name: [f"{port['host_ip']}:{port['published']}" for port in service["ports"]]
        for name, service in _shipped("docker-compose.yml").items()
        if service.get("ports")
    }
    assert published == {"gateway": ["127.0.0.1:8000"], "collab": ["127.0.0.1:8001"], "grafana": ["127.0.0.1:3000"]}


def test_the_engine_has_opened_the_ports_that_the_configuration_names_and_no_other(stack: Stack) -> None:
    listening = {
        name: sorted(binding["HostPort"] for bindings in ports.values() for binding in bindings or [])
        for name, each in stack.containers().items()
        if any((ports := each["NetworkSettings"]["Ports"]).values())
    }
    listening.pop("grafana", None)
    assert listening == {"gateway": [str(stack.gateway)], "collab": [str(stack.collab)], "tempo": [str(stack.traces)]}


def test_every_container_that_stays_is_started_again_when_it_ends(stack: Stack) -> None:
    policies = {name: each["HostConfig"]["RestartPolicy"]["Name"] for name, each in stack.containers().items()}
    assert {name for name, policy in policies.items() if policy != "always"} == set(ONCE)


def test_the_five_traced_services_are_told_where_telemetry_goes_and_collab_is_not(stack: Stack) -> None:
    told = {
        name: {line.partition("=")[0] for line in each["Config"]["Env"] if line.startswith("OTEL_")}
        for name, each in stack.containers(SERVICES).items()
    }
    assert {name for name, variables in told.items() if variables} == _TRACED
    assert all({"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_LOGS_EXPORTER"} <= told[name] for name in _TRACED)
    assert "telemetry" not in stack.configuration()["services"]["collab"]["networks"]


def test_the_platform_alone_is_one_file_that_knows_nothing_of_telemetry() -> None:
    alone = _shipped("compose.platform.yml")
    assert alone.keys() == {*SERVICES, *SLOTS, *STORES, "secrets"}
    assert "OTEL_" not in json.dumps(alone)


def test_the_files_for_development_mount_this_checkouts_code() -> None:
    for name, service in _shipped("docker-compose.yml", "compose.dev.yml").items():
        mounted = {volume["target"] for volume in service.get("volumes", [])}
        assert (f"/app/codex_{name.replace('-', '_')}" in mounted) == (name in SERVICES)


def test_services_have_no_route_out_and_sandboxes_have_no_network_at_all(stack: Stack) -> None:
    for name in _TRACED - {"gateway"}:
        assert "unreachable" in stack.fails("exec", "--no-tty", name, "python3", "-c", _OUTSIDE)
    for slot in SLOTS:
        assert stack.execute(slot, "ls", "/sys/class/net").split() == ["lo"]
