"""The composition root: the only place where the parts of the problem service meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from codex_problem.grpc.leaderboards import LeaderboardServicer
from codex_problem.grpc.problems import ProblemServicer
from codex_problem.grpc.submissions import SubmissionServicer
from codex_problem.leaderboard.board import Board
from codex_problem.leaderboard.service import Leaderboards
from codex_problem.problems.acceptance import AcceptanceRates
from codex_problem.problems.files import read_problems
from codex_problem.problems.repository import ProblemRepository
from codex_problem.problems.service import Problems
from codex_problem.scoring.ledger import ScoreLedger
from codex_problem.scoring.service import Scoring
from codex_problem.scoring.sweep import Sweep
from codex_problem.settings import Settings
from codex_problem.submissions.idempotency import IdempotencyKeys
from codex_problem.submissions.repository import SubmissionRepository
from codex_problem.submissions.service import Submissions
from codex_protos.authuser.v1.user_service_pb2_grpc import UserServiceStub
from codex_protos.problem.v1.leaderboard_service_pb2_grpc import add_LeaderboardServiceServicer_to_server
from codex_protos.problem.v1.problem_service_pb2_grpc import add_ProblemServiceServicer_to_server
from codex_protos.problem.v1.submission_service_pb2_grpc import add_SubmissionServiceServicer_to_server
from codex_service import Service, Telemetry, mongo, redis
from codex_service.background import Background, Periodic
from codex_service.grpc.client import connect
from codex_service.grpc.errors import Outages
from codex_service.grpc.server import GrpcServer
from codex_service.health import Readiness
from codex_service.ids import uuid7
from codex_service.lease import Lease


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    """Everything this service is made of, opened in order and closed in reverse."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(mongo.open_mongo(settings.mongodb_uri))
        cache = await stack.enter_async_context(redis.open_redis(settings.redis_url))
        auth_user = await stack.enter_async_context(
            connect(
                settings.auth_user_target,
                telemetry=telemetry,
                repeatable=["codex.authuser.v1.UserService"],
                tls=settings.tls,
            )
        )
        background = await stack.enter_async_context(Background(grace=settings.shutdown_grace))

        repository = SubmissionRepository(database["submissions"])
        keys = IdempotencyKeys(database["idempotency_keys"])
        ledger = ScoreLedger(database["scores"])
        rates = AcceptanceRates(database["acceptance"], repository)
        problems = Problems(ProblemRepository(database["problems"]), rates)
        board = Board(cache)
        scoring = Scoring(
            problems=problems,
            submissions=repository,
            ledger=ledger,
            board=board,
            auth_user=UserServiceStub(auth_user),
            background=background,
        )
        submissions = Submissions(repository, keys, scoring, rates)
        leaderboards = Leaderboards(board, scoring)

        for part in (repository, keys, ledger, rates):
            await part.prepare()
        await problems.publish(read_problems())

        server = GrpcServer(
            settings.grpc_address,
            [
                partial(add_ProblemServiceServicer_to_server, ProblemServicer(problems)),
                partial(add_SubmissionServiceServicer_to_server, SubmissionServicer(submissions)),
                partial(add_LeaderboardServiceServicer_to_server, LeaderboardServicer(leaderboards)),
            ],
            readiness=Readiness({"mongodb": lambda: database.command("ping"), "redis": cache.ping}),
            telemetry=telemetry,
            outages=Outages(*mongo.OUTAGES, *redis.OUTAGES),
            tls=settings.tls,
        )
        lease = Lease(cache, "credit-sweep", holder=uuid7(), seconds=3 * settings.sweep_interval)
        sweep = Sweep(scoring, lease, older_than=timedelta(seconds=settings.sweep_after))
        stack.push_async_callback(rates.exchange)
        yield Service(
            [
                Periodic(sweep.turn, interval=settings.sweep_interval, name="credit sweep"),
                Periodic(rates.exchange, interval=settings.acceptance_interval, name="acceptance rates"),
                server,
            ]
        )
