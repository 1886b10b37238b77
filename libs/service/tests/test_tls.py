"""Who may speak with whom once services have certificates."""

import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from cryptography.hazmat.primitives import serialization

from codex_protos.authuser.v1 import user_service_pb2 as pb
from codex_protos.authuser.v1 import user_service_pb2_grpc as rpc
from codex_service import UNTRACED
from codex_service.grpc.client import connect, ping
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import Context, GrpcServer
from codex_service.health import Readiness
from codex_service.tls import Tls, read_tls
from codex_testing.services import free_address

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]
Ended = Callable[["Process"], Awaitable[tuple[int | None, str]]]
Said = Callable[["Process", str], Awaitable[str]]
Issue = Callable[[str], Tls]
Files = Callable[[Tls, Path], dict[str, str]]

CERTIFICATES = Path(__file__).parents[3] / "tools" / "certificates.sh"


class Callee(rpc.UserServiceServicer):
    async def GetProfile(self, request: pb.GetProfileRequest, context: Context) -> pb.GetProfileResponse:  # noqa: ARG002, N802
        return pb.GetProfileResponse(submissions=1)


@asynccontextmanager
async def served(tls: Tls | None) -> AsyncIterator[str]:
    """The address of a server that shows this certificate."""
    server = GrpcServer(
        address := free_address(),
        [partial(rpc.add_UserServiceServicer_to_server, Callee())],  # type: ignore[abstract]  # one call is enough
        readiness=Readiness({}),
        telemetry=UNTRACED,
        outages=Outages(),
        tls=tls,
    )
    await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


async def ask(address: str, tls: Tls | None) -> int:
    async with connect(address, telemetry=UNTRACED, tls=tls) as channel:
        answer = await rpc.UserServiceStub(channel).GetProfile(pb.GetProfileRequest(), timeout=5)
        return answer.submissions


async def turned_away(address: str, tls: Tls | None) -> None:
    """Asserts that a call fails as one to a service that is down, and soon."""
    started = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await ask(address, tls)
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
    assert time.monotonic() - started < 3


@pytest.fixture
def ours(new_authority: Callable[[], Issue]) -> Issue:
    """Issues a certificate for a host."""
    return new_authority()


async def test_services_of_one_authority_speak_with_each_other(ours: Issue) -> None:
    callee, caller = ours("127.0.0.1"), ours("caller")

    async with served(callee) as address, connect(address, telemetry=UNTRACED, tls=caller) as channel:
        await ping(channel)
        assert await ask(address, caller) == 1


async def test_a_caller_without_a_certificate_is_turned_away(ours: Issue) -> None:
    callee = ours("127.0.0.1")

    async with served(callee) as address:
        credentials = grpc.ssl_channel_credentials(callee.authority)
        async with grpc.aio.secure_channel(address, credentials) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await rpc.UserServiceStub(channel).GetProfile(pb.GetProfileRequest(), timeout=5)

    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_caller_of_another_authority_is_turned_away(ours: Issue, new_authority: Callable[[], Issue]) -> None:
    stranger = replace(new_authority()("caller"), authority=ours("127.0.0.1").authority)

    async with served(ours("127.0.0.1")) as address:
        await turned_away(address, stranger)


async def test_a_callee_of_another_authority_is_not_spoken_to(ours: Issue, new_authority: Callable[[], Issue]) -> None:
    caller = ours("caller")
    impostor = replace(new_authority()("127.0.0.1"), authority=caller.authority)

    async with served(impostor) as address:
        await turned_away(address, caller)


async def test_a_callee_of_another_name_is_not_spoken_to(ours: Issue) -> None:
    async with served(ours("localhost")) as address:
        _, _, port = address.rpartition(":")

        assert await ask(f"localhost:{port}", ours("caller")) == 1
        await turned_away(address, ours("caller"))


async def test_of_a_list_of_callees_each_must_show_a_certificate_for_the_firsts_host(ours: Issue) -> None:
    async with served(ours("127.0.0.1")) as first, served(ours("127.0.0.1")) as second:
        assert await ask(f"ipv4:{first},{second}", ours("caller")) == 1
    async with served(ours("localhost")) as stranger:
        await turned_away(f"ipv4:{stranger}", ours("caller"))


async def test_while_authorities_change_a_service_may_trust_both(
    ours: Issue, new_authority: Callable[[], Issue]
) -> None:
    old, new = ours("127.0.0.1"), new_authority()("127.0.0.1")
    both = old.authority + new.authority

    async with served(replace(old, authority=both)) as address:
        assert await ask(address, replace(new, authority=both)) == 1
    async with served(replace(new, authority=both)) as address:
        assert await ask(address, replace(old, authority=both)) == 1


async def test_plaintext_and_tls_do_not_mix_and_say_so_soon(ours: Issue) -> None:
    async with served(ours("127.0.0.1")) as address:
        await turned_away(address, None)
    async with served(None) as address:
        await turned_away(address, ours("caller"))


async def test_a_service_with_the_three_settings_serves_over_tls(
    ours: Issue, run: Run, said: Said, tmp_path: Path, files: Files
) -> None:
    address = free_address()
    process = await run("little", CODEX_GRPC_ADDRESS=address, **files(ours("127.0.0.1"), tmp_path))
    await said(process, "serving")

    async with connect(address, telemetry=UNTRACED, tls=ours("caller")) as channel:
        await ping(channel)
    await turned_away(address, None)


@pytest.mark.parametrize("missing", ["CODEX_TLS_CA_FILE", "CODEX_TLS_CERT_FILE", "CODEX_TLS_KEY_FILE"])
async def test_two_settings_of_the_three_are_refused(
    ours: Issue, run: Run, ended: Ended, tmp_path: Path, files: Files, missing: str
) -> None:
    settings = files(ours("127.0.0.1"), tmp_path)
    del settings[missing]

    status, words = await ended(await run("little", CODEX_GRPC_ADDRESS="127.0.0.1:0", **settings))

    assert status == 2
    assert f"there is no {missing}\n" in words


@pytest.mark.parametrize("name", ["CA", "CERT", "KEY"])
@pytest.mark.parametrize("content", [None, b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
async def test_a_file_that_is_not_what_it_should_be_is_named(
    ours: Issue, run: Run, ended: Ended, tmp_path: Path, files: Files, name: str, content: bytes | None
) -> None:
    settings = files(ours("127.0.0.1"), tmp_path)
    file = tmp_path / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)

    status, words = await ended(await run("little", CODEX_GRPC_ADDRESS="127.0.0.1:0", **settings))

    assert status == 2
    assert str(file) in words
    assert "Traceback" not in words


def test_a_key_of_another_certificate_is_refused(ours: Issue, tmp_path: Path, files: Files) -> None:
    mixed = replace(ours("a"), key=ours("b").key)
    settings = files(mixed, tmp_path)

    with pytest.raises(ValueError, match="KEY_VALUES_MISMATCH"):
        read_tls(*map(Path, settings.values()))


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(ours: Issue, tmp_path: Path, files: Files) -> None:
    issued = ours("a")
    key = serialization.load_pem_private_key(issued.key, None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )

    with pytest.raises(ValueError, match="are no certificate and its key"):
        read_tls(*map(Path, files(replace(issued, key=locked), tmp_path).values()))


@pytest.mark.skipif(not shutil.which("openssl"), reason="the script needs openssl")
async def test_certificates_of_the_worked_example_work_also_after_they_were_made_anew(tmp_path: Path) -> None:
    def made(name: str) -> Tls:
        subprocess.run([CERTIFICATES, tmp_path, f"{name}=other.example"], check=True, timeout=60)
        return read_tls(*(tmp_path / name / file for file in ("ca.crt", "tls.crt", "tls.key")))

    old, caller = made("problem"), made("gateway")
    new = made("problem")

    assert old.certificate != new.certificate
    assert _others_may_read(tmp_path) == []
    for callee in (old, new):
        async with served(callee) as address:
            assert await ask(address, caller) == 1


def _others_may_read(folder: Path) -> list[Path]:
    """Keys that are not their owner's alone."""
    return [key for key in folder.rglob("*.key") if key.stat().st_mode & 0o077]
