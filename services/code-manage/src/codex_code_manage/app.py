"""The composition root: the only place where the parts of the code-manage service meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

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
from codex_service.kafka.recovery import Recovery
from codex_service.kafka.topics import ensure_topics
from codex_service.lease import Lease
from codex_telemetry import metrics

REPEATABLE = ("codex.problem.v1.ProblemService", "codex.problem.v1.SubmissionService")


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    topics = Topics(settings.topic_prefix)
    async with AsyncExitStack() as stack:
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

        waiters, store, workers = Waiters(), JobStore(cache), Workers(cache)
        await redis.wait_for_redis(cache)
        await workers.refresh()
        submissions = SubmissionServiceStub(problem)
        broker = Broker(producer, topics)
        metadata = ProblemMetadata(cache, ProblemServiceStub(problem))
        entrance = Entrance(cache, metadata, share=settings.author_share)
        await entrance.load()
        backlog = Backlog(settings.kafka, topics, producer, longest_wait=settings.longest_wait)
        await backlog.open()
        stack.push_async_callback(backlog.close)
        metrics.watch_backlog(backlog.waits)
        jobs = Jobs(
            problems=metadata,
            submissions=submissions,
            entrance=entrance,
            backlog=backlog,
            workers=workers,
            broker=broker,
            waiters=waiters,
            store=store,
            background=background,
        )
        reconciler = Reconciler(
            submissions=submissions,
            broker=broker,
            backlog=backlog,
            groups=(topics.workers, topics.result_readers),
            redis=cache,
            lease=Lease(cache, "reconciler", holder=uuid7(), seconds=3 * settings.reconcile_interval),
            patience=Patience(
                after=settings.reconcile_after,
                at_latest=settings.reconcile_at_latest,
                productions=settings.reconcile_productions,
            ),
        )
        recovery = Recovery(
            cache,
            producer,
            telemetry,
            group=topics.result_readers,
            dead_letters=topics.dead_letters,
            policy=settings.retry_policy,
            on_depth=metrics.retry_depth_of(topics.results),
            on_dead_letter=metrics.count_dead_letter,
        )
        results = Consumer(
            cluster=settings.kafka,
            topics=[topics.results],
            group=topics.result_readers,
            handler=Results(submissions, waiters, store).handle,
            telemetry=telemetry,
            concurrency=settings.result_concurrency,
            recovery=recovery,
            instance=settings.kafka_group_instance,
        )
        metrics.watch_consumer_lag(results.lag, group=topics.result_readers)
        box = DeadLetterBox(DeadLetterTopic(settings.kafka, producer, topics.dead_letters), producer)
        server = GrpcServer(
            settings.grpc_address,
            [
                partial(add_CodeManageServiceServicer_to_server, CodeManageServicer(jobs, workers)),
                partial(add_DeadLetterServiceServicer_to_server, DeadLetterServicer(box)),
            ],
            readiness=Readiness(
                {"redis": cache.ping, "kafka": broker.check, "workers": workers.ping, "problem": lambda: ping(problem)}
            ),
            telemetry=telemetry,
            outages=Outages(*redis.OUTAGES, *kafka.OUTAGES),
            tls=settings.tls,
        )
        # Calls that wait need the results until they have ended, so the server is the first to stop.
        yield Service(
            [
                Periodic(workers.refresh, interval=2.0, name="workers"),
                Periodic(broker.check, interval=1.0, name="broker"),
                Periodic(backlog.measure, interval=1.0, name="backlog"),
                Periodic(reconciler.turn, interval=settings.reconcile_interval, name="reconciler"),
                News(cache, waiters, store),
                recovery,
                results,
                server,
            ]
        )
