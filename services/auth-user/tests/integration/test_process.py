"""The service as a process: what it refuses to start with, what it says, how it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from codex_auth_user.keys.files import KEY_FILE
from codex_auth_user.settings import Settings
from codex_protos.authuser.v1 import auth_service_pb2 as pb
from codex_protos.authuser.v1.auth_service_pb2_grpc import AuthServiceStub
from codex_service.errors import ServiceError
from codex_service.tokens import TokenVerifier

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Form = Callable[..., pb.SignUpRequest]
Refusal = Callable[[Awaitable[object]], Awaitable[ServiceError]]
Serve = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]
MakeSettings = Callable[..., Settings]


def environment(settings: Settings) -> dict[str, str]:
    return {
        "CODEX_GRPC_ADDRESS": settings.grpc_address,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "CODEX_PROBLEM_TARGET": settings.problem_target,
        "CODEX_SECRETS_DIR": str(settings.secrets_dir),
    }


async def start(variables: Mapping[str, str]) -> "Process":
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "codex_auth_user",
        env=dict(variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: "Process") -> tuple[int | None, str]:
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    return process.returncode, (out + err).decode()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple["Process", grpc.aio.Channel]]:
    process = await start(environment(settings))
    try:
        async with grpc.aio.insecure_channel(settings.grpc_address) as channel, asyncio.timeout(20):
            await channel.channel_ready()
            yield process, channel
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CODEX_ACCESS_TOKEN_TTL": "0"}, "CODEX_ACCESS_TOKEN_TTL: "),
        ({"CODEX_ARGON2_MEMORY": "1"}, "CODEX_ARGON2_MEMORY: "),
        ({"CODEX_REFRESH_TTL": "60"}, "CODEX_REFRESH_TTL: not a setting of this service"),
        ({"CODEX_ENVIRONMENT": "production", "DATABASE_URL": "postgresql://codex:codex@db/codex"}, "DATABASE_URL: "),
        ({"CODEX_ENVIRONMENT": "production"}, f"there is no {KEY_FILE} in "),
    ],
)
async def test_wrong_settings_are_refused_with_a_sentence(
    settings: MakeSettings, tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    right = environment(settings(secrets_dir=tmp_path))

    status, said = await ended(await start({**right, **change}))

    assert status == 2
    assert sentence in said
    assert not any(file.name == KEY_FILE for file in os.scandir(tmp_path))


async def test_a_key_that_cannot_be_used_is_refused_with_a_sentence(settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("no key")

    status, said = await ended(await start(environment(settings(secrets_dir=tmp_path))))

    assert status == 1
    assert "holds no unencrypted private key in PEM form" in said


async def test_tokens_outlive_a_restart(serve: Serve, settings: MakeSettings, form: Form, tmp_path: Path) -> None:
    async with running(settings(secrets_dir=tmp_path)) as (process, channel):
        tokens = (await AuthServiceStub(channel).SignUp(form())).tokens
        process.send_signal(signal.SIGTERM)
        assert (await ended(process))[0] == 0

    async with serve(secrets_dir=tmp_path) as channel:
        auth = AuthServiceStub(channel)
        assert (await TokenVerifier(auth).verify(tokens.access_token)).session
        assert (await auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=tokens.refresh_token))).user.id


async def test_replicas_that_start_at_once_sign_with_the_same_key(serve: Serve, tmp_path: Path) -> None:
    async with serve(secrets_dir=tmp_path) as one, serve(secrets_dir=tmp_path) as other:
        keys = [await AuthServiceStub(channel).GetSigningKeys(pb.GetSigningKeysRequest()) for channel in (one, other)]

    assert keys[0] == keys[1]


async def test_logs_hold_no_address_no_password_and_no_token(
    settings: MakeSettings, form: Form, refusal: Refusal
) -> None:
    filled = form(password="a quite secret word")
    async with running(settings()) as (process, channel):
        auth = AuthServiceStub(channel)
        first = (await auth.SignUp(filled)).tokens
        await refusal(auth.SignUp(filled))
        await refusal(auth.LogIn(pb.LogInRequest(email=filled.email, password="a wrong word")))
        second = (await auth.LogIn(pb.LogInRequest(email=filled.email, password=filled.password))).tokens
        third = (await auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=second.refresh_token))).tokens
        await refusal(auth.RefreshTokens(pb.RefreshTokensRequest(refresh_token=second.refresh_token)))
        process.send_signal(signal.SIGTERM)
        _, said = await ended(process)

    assert "refresh token used again, session ended" in said
    secrets = {filled.email, filled.password, "a wrong word"}
    for tokens in (first, second, third):
        secrets |= {tokens.access_token, tokens.refresh_token}
    assert not [secret for secret in secrets if secret in said]
