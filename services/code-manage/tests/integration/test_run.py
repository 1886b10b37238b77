"""Programs that are only tried: on tests, or on their own."""

from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import problem_service_pb2 as problems_pb
from codex_testing.judging import WA, judgement
from codex_testing.manage import ManageClient
from codex_testing.problem import EASY, ProblemClient, new_user
from codex_testing.services import refusal
from codex_testing.waiting import eventually
from codex_testing.worker import Worker, keep


async def test_a_run_is_judged_on_the_public_tests_and_recorded_nowhere(
    manage: ManageClient, problem: ProblemClient, worker: Worker
) -> None:
    author = new_user()

    tried = await manage.run(author)

    assert (tried.kind, tried.judgement.verdict) == (judging.KIND_RUN, judging.VERDICT_AC)
    assert not tried.HasField("score")
    described = (await problem.problems.GetProblem(problems_pb.GetProblemRequest(slug=EASY))).problem
    [job] = worker.jobs
    assert list(job.tests) == list(described.public_tests)
    assert await problem.count(author) == 0


async def test_a_run_may_bring_its_own_tests(manage: ManageClient, worker: Worker) -> None:
    own = judging.TestCase(input="1", expected="2", public=True)

    await manage.run(new_user(), own)

    assert list(worker.jobs[0].tests) == [own]


async def test_a_program_on_its_own_gets_its_stdin(manage: ManageClient, worker: Worker) -> None:
    tried = await manage.execute(new_user(), "what it reads")

    assert (tried.kind, tried.problem) == (judging.KIND_CUSTOM, "")
    [job] = worker.jobs
    assert [test.input for test in job.tests] == ["what it reads"]
    assert not job.tests[0].HasField("expected")


async def test_a_job_is_its_owners_alone_before_and_after_its_verdict(manage: ManageClient, worker: Worker) -> None:
    worker.answer = keep
    author, other = new_user(), new_user()
    pending = await manage.execute(author, "", wait=0)
    job = await worker.job(pending.id)

    assert (await manage.get(pending.id, author)) == pending
    assert (await refusal(manage.get(pending.id, other))).code == "submission_not_found"

    await worker.finish(job, judgement(WA))
    await eventually(lambda: manage.judged(pending.id, author))
    assert (await refusal(manage.get(pending.id, other))).code == "submission_not_found"


async def test_a_run_on_a_problem_that_is_not_there_is_refused(manage: ManageClient) -> None:
    assert (await refusal(manage.run(new_user(), problem="no-such-problem"))).code == "problem_not_found"


async def test_a_job_that_nobody_has_is_not_found(manage: ManageClient) -> None:
    assert (await refusal(manage.get("0" * 36, new_user()))).code == "submission_not_found"
