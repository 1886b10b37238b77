"""The composition root: the only place where the parts of the code-execution service meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from codex_code_execution.kafka.jobs import Jobs
from codex_code_execution.progress.announcement import Announcement
from codex_code_execution.sandbox.config import HostConfig, StaticConfig
from codex_code_execution.sandbox.errors import SandboxUnavailable
from codex_code_execution.sandbox.host import HostSandbox
from codex_code_execution.sandbox.pool import Sandbox
from codex_code_execution.sandbox.static import StaticSandbox
from codex_code_execution.settings import Settings
from codex_code_execution.suites.cache import Suites
from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceStub
from codex_service import Service, Telemetry, redis
from codex_service.background import Periodic
from codex_service.grpc.client import connect
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_service.ids import uuid7
from codex_service.kafka import producer as kafka
from codex_service.kafka.consumer import Consumer
from codex_service.kafka.names import Topics
from codex_service.kafka.recovery import Recovery
from codex_telemetry import metrics


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse.

    The sandbox comes first: its processes are better started before there are channels and threads to inherit.
    """
    topics = Topics(settings.topic_prefix)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(_sandbox(settings))
        cache = await stack.enter_async_context(redis.open_redis(settings.redis_url))
        problem = await stack.enter_async_context(
            connect(
                settings.problem_target,
                telemetry=telemetry,
                repeatable=["codex.problem.v1.ProblemService"],
                tls=settings.tls,
            )
        )
        producer = await stack.enter_async_context(kafka.open_producer(settings.kafka))

        announcement = Announcement(cache, uuid7(), sandbox)
        await announcement.renew()
        stack.push_async_callback(announcement.withdraw)

        jobs = Jobs(
            sandbox=sandbox,
            suites=Suites(ProblemServiceStub(problem), settings.work_dir / "suites"),
            redis=cache,
            producer=producer,
            results_topic=topics.results,
        )
        recovery = Recovery(
            cache,
            producer,
            telemetry,
            group=topics.workers,
            dead_letters=topics.dead_letters,
            policy=settings.retry_policy,
            given_up=jobs.give_up,
            on_depth=metrics.retry_depth_of(topics.jobs),
            on_dead_letter=metrics.count_dead_letter,
        )
        consumer = Consumer(
            cluster=settings.kafka,
            topics=[topics.jobs, topics.overflow],
            group=topics.workers,
            handler=jobs.handle,
            telemetry=telemetry,
            # One more than there are slots for each slot: the next job is ready when a slot is.
            concurrency=2 * settings.slots,
            narrow=max(1, settings.slots - 1),
            recovery=recovery,
            instance=settings.kafka_group_instance,
        )
        metrics.watch_consumer_lag(consumer.lag, group=topics.workers)
        server = GrpcServer(
            settings.grpc_address,
            [],
            readiness=Readiness({"redis": cache.ping, "kafka": producer.ping, "sandbox": partial(_alive, sandbox)}),
            telemetry=telemetry,
            outages=Outages(*redis.OUTAGES, *kafka.OUTAGES),
            tls=settings.tls,
        )
        yield Service([Periodic(announcement.renew, interval=5.0, name="announcement"), server, recovery, consumer])


async def _alive(sandbox: Sandbox) -> None:
    if not sandbox.healthy:
        raise SandboxUnavailable("no slot is alive")


def _sandbox(settings: Settings) -> Sandbox:
    weak = settings.environment == "development"
    if settings.slot_sockets is not None:
        return StaticSandbox(
            StaticConfig(
                sockets=settings.slot_sockets, work_dir=settings.work_dir, python=settings.python, allow_weak=weak
            )
        )
    assert settings.runner_path is not None  # noqa: S101 - the settings have one of the two
    return HostSandbox(
        HostConfig(
            runner=settings.runner_path,
            slots=settings.slots,
            work_dir=settings.work_dir,
            python=settings.python,
            cgroup=settings.cgroup,
            allow_weak=weak,
        )
    )
