"""What containers are not allowed."""

import json

import pytest

from codex_tools.stack.home import REPOSITORY
from tests.compose.commands import run
from tests.compose.stack import SERVICES, SLOTS, VERSION, Stack

_PROFILE = REPOSITORY / "deploy/docker/seccomp-slot.json"
_SIZE_LIMIT = 200e6  # bytes
_LABELS = {"title", "description", "version", "revision", "licenses", "vendor"}


def test_a_sandbox_has_the_flags_that_make_it_one(stack: Stack) -> None:
    for slot in SLOTS:
        container = stack.container(slot)
        host = container["HostConfig"]
        assert container["Config"]["User"] == "65534:65534"
        assert (host["NetworkMode"], host["ReadonlyRootfs"], host["Privileged"]) == ("none", True, False)
        assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
        assert (host["MaskedPaths"], host["ReadonlyPaths"]) == ([], [])
        assert 0 < host["Memory"] == host["MemorySwap"]
        assert 0 < host["PidsLimit"] <= 128
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert [each["Destination"] for each in container["Mounts"]] == ["/run/slots"]
        assert {"/tmp", "/mnt"} == host["Tmpfs"].keys()


def test_a_sandboxs_seccomp_profile_is_the_one_of_the_repository(stack: Stack) -> None:
    for slot in SLOTS:
        options = stack.container(slot)["HostConfig"]["SecurityOpt"]
        given = next(option.partition("=")[2] for option in options if option.startswith("seccomp="))
        assert json.loads(given) == json.loads(_PROFILE.read_text(encoding="utf-8"))


def test_a_sandboxs_first_process_is_bound_by_all_of_it(stack: Stack) -> None:
    for slot in SLOTS:
        status = dict(
            line.split(":\t", 1) for line in stack.execute(slot, "cat", "/proc/1/status").splitlines() if ":\t" in line
        )
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert {status[f"Cap{which}"] for which in ("Eff", "Prm", "Bnd", "Inh", "Amb")} == {"0" * 16}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_nobody_in_particular_and_can_write_nothing_but_its_own_data(stack: Stack, service: str) -> None:
    container = stack.container(service)
    host = container["HostConfig"]
    assert container["Config"]["User"] == "10001:10001"
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["CapAdd"]) == (True, ["ALL"], None)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    writable = {each["Destination"] for each in container["Mounts"] if each["RW"]}
    assert writable == ({"/var/lib/codex"} if service == "code-execution" else set())


def test_nobody_has_the_engines_socket(stack: Stack) -> None:
    assert "docker.sock" not in json.dumps([each["Mounts"] for each in stack.containers().values()])


def test_secrets_are_in_no_environment_and_each_service_sees_its_own_alone(stack: Stack) -> None:
    seen = {service: stack.execute(service, "ls", "/run/secrets").split() for service in SERVICES}
    assert seen["auth-user"] == ["database_url", "redis_url", "signing-key.pem"]
    assert seen["problem"] == ["mongodb_uri", "redis_url"]
    assert [seen[each] for each in ("gateway", "code-manage", "code-execution", "collab")] == [["redis_url"]] * 4
    secrets = [
        stack.execute("postgres", "cat", "/run/secrets/password").strip(),
        stack.execute("redis", "cat", "/run/secrets/password").strip(),
    ]
    everything = json.dumps([each["Config"] for each in stack.containers().values()])
    assert not [secret for secret in secrets if secret in everything]
    assert len(set(secrets)) == len(secrets)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_small_says_what_it_is_and_holds_no_compiler(service: str) -> None:
    image = json.loads(run(["docker", "image", "inspect", f"codex-{service}:{VERSION}"], timeout=60))[0]
    assert image["Size"] < _SIZE_LIMIT
    assert {f"org.opencontainers.image.{label}" for label in _LABELS} <= image["Config"]["Labels"].keys()
    assert image["Config"]["Healthcheck"]["Test"]
    look = "for each in cc gcc g++ c++ ld as make uv pip3; do command -v $each; done; true"
    shell = ["docker", "run", "--rm", "--network=none", "--entrypoint=sh", f"codex-{service}:{VERSION}", "-c", look]
    assert run(shell, timeout=60) == ""
