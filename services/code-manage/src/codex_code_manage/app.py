"""The composition root: the only place where the parts of the code-manage service meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import grpc

from codex_code_manage.dead_letters.service import DeadLetterBox
from codex_code_manage.dead_letters.topic import DeadLetterTopic
from codex_code_manage.grpc.code_manage import CodeManageServicer
from codex_code_manage.grpc.dead_letters import DeadLetterServicer
from codex_code_manage.jobs.backlog import Backlog
from codex_code_manage.jobs.broker import Broker
from codex_code_manage.jobs.entrance import Entrance
from codex_code_manage.jobs.news import News
from codex_code_manage.jobs.reconciler import Patience, Reconciler
from codex_code_manage.jobs.service import Jobs
from codex_code_manage.jobs.store import JobStore
from codex_code_manage.jobs.waiters import Waiters
from codex_code_manage.kafka.results import Results
from codex_code_manage.languages.workers import Workers
from codex_code_manage.problems.metadata import ProblemMetadata
from codex_code_manage.settings import Settings
from codex_protos.codemanage.v1.code_manage_service_pb2_grpc import add_CodeManageServiceServicer_to_server
from codex_protos.codemanage.v1.dead_letter_service_pb2_grpc import add_DeadLetterServiceServicer_to_server
from codex_protos.problem.v1.problem_service_pb2_grpc import ProblemServiceStub
from codex_protos.problem.v1.submission_service_pb2_grpc import SubmissionServiceStub
from codex_service import Service, Telemetry, redis
from codex_service.background import Background, Periodic
from codex_service.grpc.client import connect, ping
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_service.ids import uuid7
from codex_service.kafka import producer as kafka
from codex_service.kafka.consumer import Consumer
from codex_service.kafka.names import Topics
from codex_service.kafka.producer import Producer
from codex_service.kafka.recovery import Recovery
from codex_service.kafka.topics import ensure_topics
from codex_service.lease import Lease
from codex_service.redis import RedisClient
from codex_telemetry import metrics

REPEATABLE = ("codex.problem.v1.ProblemService", "codex.problem.v1.SubmissionService")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    """What leads out of this process, opened; and what everything inside shares."""

    settings: Settings
    telemetry: Telemetry
    topics: Topics
    cache: RedisClient
    problem: grpc.aio.Channel
    producer: Producer
    background: Background
    waiters: Waiters = field(default_factory=Waiters)


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        links = await _open(stack, settings, telemetry)
        workers, store, broker = Workers(links.cache), JobStore(links.cache), Broker(links.producer, links.topics)
        await workers.refresh()
        metadata = ProblemMetadata(links.cache, ProblemServiceStub(links.problem))
        entrance = Entrance(links.cache, metadata, share=settings.author_share)
        await entrance.load()
        backlog = await _backlog(stack, links)
        jobs = Jobs(
            problems=metadata,
            submissions=SubmissionServiceStub(links.problem),
            entrance=entrance,
            backlog=backlog,
            workers=workers,
            broker=broker,
            waiters=links.waiters,
            store=store,
            background=links.background,
        )
        reconciler = _reconciler(links, broker, backlog)
        recovery = _recovery(links)
        # Calls that wait need the results until they have ended, so the server is the first to stop.
        yield Service(
            [
                Periodic(workers.refresh, interval=2.0, name="workers"),
                Periodic(broker.check, interval=1.0, name="broker"),
                Periodic(backlog.measure, interval=1.0, name="backlog"),
                Periodic(reconciler.turn, interval=settings.reconcile_interval, name="reconciler"),
                News(links.cache, links.waiters, store),
                recovery,
                _results(links, store, recovery),
                _server(links, jobs, workers, broker),
            ]
        )


async def _open(stack: AsyncExitStack, settings: Settings, telemetry: Telemetry) -> _Links:
    topics = Topics(settings.topic_prefix)
    cache = await stack.enter_async_context(redis.open_redis(settings.redis_url))
    problem = await stack.enter_async_context(
        connect(settings.problem_target, telemetry=telemetry, repeatable=REPEATABLE, tls=settings.tls)
    )
    await ensure_topics(
        settings.kafka,
        [topics.jobs, topics.overflow, topics.results],
        compacted=[topics.dead_letters],
        replication=settings.topic_replication,
    )
    producer = await stack.enter_async_context(kafka.open_producer(settings.kafka))
    background = await stack.enter_async_context(Background(grace=settings.shutdown_grace))
    await redis.wait_for_redis(cache)
    return _Links(
        settings=settings,
        telemetry=telemetry,
        topics=topics,
        cache=cache,
        problem=problem,
        producer=producer,
        background=background,
    )


async def _backlog(stack: AsyncExitStack, links: _Links) -> Backlog:
    settings = links.settings
    backlog = Backlog(settings.kafka, links.topics, links.producer, longest_wait=settings.longest_wait)
    await backlog.open()
    stack.push_async_callback(backlog.close)
    metrics.watch_backlog(backlog.waits)
    return backlog


def _reconciler(links: _Links, broker: Broker, backlog: Backlog) -> Reconciler:
    settings, topics = links.settings, links.topics
    return Reconciler(
        submissions=SubmissionServiceStub(links.problem),
        broker=broker,
        backlog=backlog,
        groups=(topics.workers, topics.result_readers),
        redis=links.cache,
        lease=Lease(links.cache, "reconciler", holder=uuid7(), seconds=3 * settings.reconcile_interval),
        patience=Patience(
            after=settings.reconcile_after,
            at_latest=settings.reconcile_at_latest,
            productions=settings.reconcile_productions,
        ),
    )


def _recovery(links: _Links) -> Recovery:
    topics = links.topics
    return Recovery(
        links.cache,
        links.producer,
        links.telemetry,
        group=topics.result_readers,
        dead_letters=topics.dead_letters,
        policy=links.settings.retry_policy,
        on_depth=metrics.retry_depth_of(topics.results),
        on_dead_letter=metrics.count_dead_letter,
    )


def _results(links: _Links, store: JobStore, recovery: Recovery) -> Consumer:
    settings, topics = links.settings, links.topics
    results = Consumer(
        cluster=settings.kafka,
        topics=[topics.results],
        group=topics.result_readers,
        handler=Results(SubmissionServiceStub(links.problem), links.waiters, store).handle,
        telemetry=links.telemetry,
        concurrency=settings.result_concurrency,
        recovery=recovery,
        instance=settings.kafka_group_instance,
    )
    metrics.watch_consumer_lag(results.lag, group=topics.result_readers)
    return results


def _server(links: _Links, jobs: Jobs, workers: Workers, broker: Broker) -> GrpcServer:
    letters = DeadLetterTopic(links.settings.kafka, links.producer, links.topics.dead_letters)
    box = DeadLetterBox(letters, links.producer)
    return GrpcServer(
        links.settings.grpc_address,
        [
            partial(add_CodeManageServiceServicer_to_server, CodeManageServicer(jobs, workers)),
            partial(add_DeadLetterServiceServicer_to_server, DeadLetterServicer(box)),
        ],
        readiness=Readiness(
            {
                "redis": links.cache.ping,
                "kafka": broker.check,
                "workers": workers.ping,
                "problem": lambda: ping(links.problem),
            }
        ),
        telemetry=links.telemetry,
        outages=Outages(*redis.OUTAGES, *kafka.OUTAGES),
        tls=links.settings.tls,
    )
