"""A program goes in, its verdict comes out."""

import asyncio

from codex_protos.codemanage.v1 import code_manage_service_pb2 as pb
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_testing.judging import WA, judgement
from codex_testing.manage import ManageClient
from codex_testing.problem import EASY, HARD, ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, keep

STDIO = "echo"


async def test_the_verdict_comes_back_with_the_answer(
    manage: ManageClient, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()

    answered = await manage.submit(author, code="print(1)")

    submission = answered.submission
    assert not answered.replayed
    assert submission.judgement.verdict == judging.VERDICT_AC
    assert (submission.kind, submission.author, submission.problem) == (judging.KIND_SUBMIT, author, EASY)
    assert submission.code == ""
    stored = await problem.get(submission)
    assert stored.judgement == submission.judgement
    assert stored.created_at == submission.created_at
    [job] = worker.jobs
    assert (job.code, job.language, job.attempt) == ("print(1)", "python", 1)
    assert job.revision
    assert not job.tests


async def test_a_wrong_answer_has_gained_nothing_at_once(manage: ManageClient, worker: Worker) -> None:
    worker.answer = lambda _: judgement(WA)

    submission = (await manage.submit(new_user())).submission

    assert submission.judgement.verdict == judging.VERDICT_WA
    assert submission.HasField("score")
    assert submission.score == 0


async def test_a_wait_that_runs_out_gives_it_back_pending_and_the_verdict_comes_later(
    manage: ManageClient, worker: Worker
) -> None:
    worker.answer = keep
    author = new_user()

    submission = (await manage.submit(author, wait=0.2)).submission

    assert not submission.HasField("judgement")
    assert (await manage.get(submission.id, author)) == submission
    await worker.finish(await worker.job(submission.id), judgement())
    judged = await eventually(lambda: manage.judged(submission.id, author))
    assert judged.judgement.verdict == judging.VERDICT_AC


async def test_without_a_wait_the_job_is_with_the_broker_when_the_answer_comes(
    manage: ManageClient, worker: Worker
) -> None:
    author = new_user()

    submission = (await manage.submit(author, wait=0)).submission

    assert not submission.HasField("judgement")
    await worker.job(submission.id)
    await eventually(lambda: manage.judged(submission.id, author))


async def test_many_at_once_each_get_their_own_verdict(manage: ManageClient, worker: Worker) -> None:
    worker.answer = lambda job: judgement(WA) if job.code == "wrong" else judgement()
    codes = ["right", "wrong"] * 50

    answers = await asyncio.gather(*(manage.submit(new_user(), code=code) for code in codes))

    right = [answer.submission.judgement.verdict == judging.VERDICT_AC for answer in answers]
    assert right == [code == "right" for code in codes]
    assert len({answer.submission.id for answer in answers}) == 100


async def test_the_same_key_gives_the_same_submission_judged_once(manage: ManageClient, worker: Worker) -> None:
    author = new_user()

    first = await manage.submit(author, key="once")
    again = await manage.submit(author, key="once")

    assert again.replayed
    assert again.submission.id == first.submission.id
    assert again.submission.judgement == first.submission.judgement
    assert len(worker.jobs) == 1


async def test_two_at_once_with_one_key_both_get_the_verdict(manage: ManageClient) -> None:
    author = new_user()

    both = await asyncio.gather(*(manage.submit(author, key="once") for _ in range(2)))

    assert len({answer.submission.id for answer in both}) == 1
    assert sorted(answer.replayed for answer in both) == [False, True]
    assert all(answer.submission.judgement.verdict == judging.VERDICT_AC for answer in both)


async def test_the_same_key_with_another_program_is_refused(manage: ManageClient) -> None:
    author = new_user()
    await manage.submit(author, key="once", code="one")

    refused = await refusal(manage.submit(author, key="once", code="two"))

    assert (refused.code, refused.status.name) == ("idempotency_key_reused", "ALREADY_EXISTS")


async def test_a_replay_of_a_job_that_was_never_produced_has_it_judged(
    manage: ManageClient, problem: ProblemClient
) -> None:
    author = new_user()
    lost = (await problem.create(author, code="pass", key="once")).submission

    answered = await manage.submit(author, code="pass", key="once")

    assert answered.submission.id == lost.id
    assert answered.submission.judgement.verdict == judging.VERDICT_AC


async def test_what_cannot_be_judged_is_refused_before_it_is_stored(
    manage: ManageClient, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()
    refused = [
        await refusal(manage.submit(author, "no-such-problem")),
        await refusal(manage.submit(author, language="cobol")),
        await refusal(manage.submit(author, EASY, language="ruby")),
    ]

    assert [(each.code, each.status.name) for each in refused] == [
        ("problem_not_found", "NOT_FOUND"),
        ("language_unavailable", "INVALID_ARGUMENT"),
        ("language_unavailable", "INVALID_ARGUMENT"),
    ]
    assert refused[1].field == "language"
    assert await problem.count(author) == 0
    assert not worker.jobs


async def test_a_language_without_a_harness_solves_stdio_problems(manage: ManageClient) -> None:
    answered = await manage.submit(new_user(), STDIO, language="ruby")

    assert answered.submission.judgement.verdict == judging.VERDICT_AC


async def test_languages_are_those_of_the_workers_that_are_alive(manage: ManageClient) -> None:
    languages = (await manage.stub.ListLanguages(pb.ListLanguagesRequest())).languages

    assert [(each.id, each.version, each.function_harness) for each in languages] == [
        ("python", "3.13", True),
        ("ruby", "3.4", False),
    ]


async def test_duplicate_results_change_nothing(manage: ManageClient, problem: ProblemClient, worker: Worker) -> None:
    author = new_user()
    first = (await manage.submit(author, HARD)).submission
    [job] = worker.jobs
    await eventually(lambda: problem.credited(first))

    await worker.finish(job, judgement(WA))
    await worker.finish(job, judgement())
    after = (await manage.submit(author, HARD)).submission

    await eventually(lambda: problem.credited(after))
    assert (await problem.get(first)).judgement == first.judgement
    assert (await problem.get(first)).score == 40
    assert (await manage.get(first.id, author)).judgement == first.judgement


async def test_other_peoples_submissions_are_not_found(manage: ManageClient) -> None:
    submission = (await manage.submit(new_user())).submission

    assert (await refusal(manage.get(submission.id, new_user()))).code == "submission_not_found"
