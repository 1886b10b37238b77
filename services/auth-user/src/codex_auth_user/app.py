"""The composition root: the only place where the parts of the auth-user service meet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.resources import files

from argon2 import PasswordHasher

from codex_auth_user.accounts.passwords import Passwords
from codex_auth_user.accounts.repository import UserRepository
from codex_auth_user.accounts.service import Accounts
from codex_auth_user.grpc.auth import AuthServicer
from codex_auth_user.grpc.problem import SubmissionCounter
from codex_auth_user.grpc.users import UserServicer
from codex_auth_user.keys.files import signing_key
from codex_auth_user.keys.signer import Signer
from codex_auth_user.progress.repository import ProgressRepository
from codex_auth_user.sessions.issuer import Issuer
from codex_auth_user.sessions.repository import SessionRepository
from codex_auth_user.sessions.revocations import Revocations
from codex_auth_user.sessions.service import Sessions
from codex_auth_user.sessions.throttle import ATTEMPT, Throttle
from codex_auth_user.settings import Settings
from codex_protos.authuser.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from codex_protos.authuser.v1.user_service_pb2_grpc import add_UserServiceServicer_to_server
from codex_service import Service, Telemetry, postgres, redis
from codex_service.background import Periodic
from codex_service.grpc.client import connect
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_telemetry import metrics, quiet


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(postgres.open_postgres(settings.database_url))
        metrics.watch_connections("postgres", size=pool.get_size, idle=pool.get_idle_size)
        cache = await stack.enter_async_context(redis.open_redis(settings.redis_url))
        # Problem asks us, too: its health is no part of ours, or neither would ever be ready.
        problem = await stack.enter_async_context(
            connect(
                settings.problem_target,
                telemetry=telemetry,
                repeatable=["codex.problem.v1.SubmissionService"],
                tls=settings.tls,
            )
        )
        attempt = redis.Script(cache, ATTEMPT)
        await _prepare(pool, cache, attempt)

        key = await asyncio.to_thread(signing_key, settings.secrets_dir)
        signer = Signer(key, lifetime=settings.access_token_ttl)
        issuer = Issuer(signer, refresh_ttl=timedelta(seconds=settings.refresh_token_ttl))
        passwords = _passwords(settings)
        accounts = Accounts(
            UserRepository(pool), passwords=passwords, issuer=issuer, count_submissions=SubmissionCounter(problem)
        )
        sessions = Sessions(
            SessionRepository(pool),
            passwords=passwords,
            issuer=issuer,
            throttle=Throttle(attempt, failures=settings.login_failures, window=settings.login_window),
            revocations=Revocations(cache, lifetime=settings.access_token_ttl),
        )
        auth = AuthServicer(accounts=accounts, sessions=sessions, signer=signer)
        users = UserServicer(accounts=accounts, progress=ProgressRepository(pool))

        server = GrpcServer(
            settings.grpc_address,
            [partial(add_AuthServiceServicer_to_server, auth), partial(add_UserServiceServicer_to_server, users)],
            readiness=_readiness(pool, cache),
            telemetry=telemetry,
            outages=Outages(*postgres.OUTAGES, *redis.OUTAGES),
            tls=settings.tls,
        )
        sweep = Periodic(_quietly(sessions.sweep), interval=settings.sweep_interval, name="expired sessions")
        yield Service([sweep, server])


async def _prepare(pool: postgres.Pool, cache: redis.RedisClient, attempt: redis.Script) -> None:
    with quiet():
        await postgres.migrate(pool, files("codex_auth_user") / "migrations")
        await redis.wait_for_redis(cache)
        await attempt.load()


def _readiness(pool: postgres.Pool, cache: redis.RedisClient) -> Readiness:
    return Readiness({"postgres": _quietly(partial(pool.fetchval, "SELECT 1")), "redis": _quietly(cache.ping)})


def _passwords(settings: Settings) -> Passwords:
    hasher = PasswordHasher(
        time_cost=settings.argon2_passes, memory_cost=settings.argon2_memory, parallelism=settings.argon2_lanes
    )
    return Passwords(hasher, concurrency=settings.argon2_concurrency, patience=settings.argon2_patience)


def _quietly(work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """The same work without spans: nobody asked for it."""

    async def silent() -> None:
        with quiet():
            await work()

    return silent
