"""Small programs as processes, and certificates for them."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from codex_service.tls import Tls

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Run = Callable[..., Awaitable["Process"]]

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Starts a program of the folder with exactly these variables; whatever still runs afterwards is killed."""
    running: list[Process] = []

    async def start(program: str, **environment: str) -> "Process":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAMS / f"{program}.py"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def said() -> Callable[["Process", str], Awaitable[str]]:
    """Reads what a process says until a word comes; raises when it does not."""

    async def read(process: "Process", word: str) -> str:
        assert process.stdout
        heard = ""
        async with asyncio.timeout(20):
            while word not in heard:
                line = await process.stdout.readline()
                assert line, f"it ended without saying {word!r}: {heard}"
                heard += line.decode()
        return heard

    return read


@pytest.fixture
def ended() -> Callable[["Process"], Awaitable[tuple[int | None, str]]]:
    """Waits for a process to end: its exit status, and what it said that nobody has read."""

    async def wait(process: "Process") -> tuple[int | None, str]:
        async with asyncio.timeout(20):
            out, _ = await process.communicate()
        return process.returncode, out.decode()

    return wait


@pytest.fixture(scope="session")
def new_authority() -> Callable[[], Callable[[str], Tls]]:
    """Makes an authority, which issues to a host (a name or an address) what its service is given."""

    def authority() -> Callable[[str], Tls]:
        key, name = ec.generate_private_key(ec.SECP256R1()), f"authority {uuid4().hex}"
        builder = _unsigned(name, name, key)
        root = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        pem = root.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        return lambda host: _issue(host, name, key, pem)

    return authority


@pytest.fixture(scope="session")
def files() -> Callable[[Tls, Path], dict[str, str]]:
    """Writes certificates into a folder; gives the settings that lead to them."""

    def write(tls: Tls, folder: Path) -> dict[str, str]:
        contents = {"CA": tls.authority, "CERT": tls.certificate, "KEY": tls.key}
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return {f"CODEX_TLS_{name}_FILE": str(folder / name) for name in contents}

    return write


def _issue(host: str, authority: str, signing: ec.EllipticCurvePrivateKey, root: bytes) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name: x509.GeneralName = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _unsigned(host, authority, key)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return Tls(
        authority=root,
        certificate=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _unsigned(name: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
