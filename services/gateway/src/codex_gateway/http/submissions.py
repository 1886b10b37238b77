"""Submit, run, execute; and what became of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Response, status

from codex_gateway.backends import DEADLINE
from codex_gateway.guard.guard import Claim
from codex_gateway.http.dependencies import Cursor, Limit, Text, TheBackends, TheGate, ThePreference, TheUser
from codex_gateway.http.documented import failures
from codex_gateway.http.preferences import Preference
from codex_gateway.models.submissions import Execute, Run, Submission, SubmissionPage, Submit
from codex_gateway.translate import submissions as translate
from codex_gateway.translate.submissions import duration
from codex_protos.codemanage.v1 import code_manage_service_pb2 as manage
from codex_protos.judging.v1 import judging_pb2 as judging
from codex_protos.problem.v1 import submission_service_pb2 as pb
from codex_service.tokens import Identity

router = APIRouter(prefix="/api/v1/user", tags=["submissions"])

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,128}$", description="The same key and body: the same answer."),
]

_READING: Final = ("unauthenticated", "rate_limited", "dependency_unavailable")
_JUDGING: Final = (
    *_READING,
    "invalid_request",
    "language_unavailable",
    "payload_too_large",
    "unsupported_media_type",
    "overloaded",
    "deadline_exceeded",
)


def _judging(*codes: str) -> dict[int | str, dict[str, object]]:
    pending = {"model": Submission, "description": "Pending: the wait ran out, or none was wanted. See `Location`."}
    return {status.HTTP_202_ACCEPTED: pending, **failures(*_JUDGING, *codes)}


@router.post("/submit", responses=_judging("problem_not_found", "idempotency_key_reused"))
async def submit(
    body: Submit,
    caller: TheUser,
    prefer: ThePreference,
    gate: TheGate,
    backends: TheBackends,
    response: Response,
    key: IdempotencyKey = None,
) -> Submission:
    """Have a program judged on all tests of a problem, to be scored."""
    await gate.judge(caller, _claim(caller, key, body))
    request = manage.SubmitCodeRequest(
        author=caller.user,
        problem=body.problem,
        language=body.language,
        code=body.code,
        idempotency_key=key or "",
        wait=duration(prefer.wait),
    )
    answer = await backends.manage.SubmitCode(request, timeout=prefer.wait + DEADLINE)
    if answer.replayed:
        response.headers["Idempotent-Replay"] = "true"
    return _judged(answer.submission, prefer, response)


@router.post("/run", responses=_judging("problem_not_found"))
async def run(
    body: Run, caller: TheUser, prefer: ThePreference, gate: TheGate, backends: TheBackends, response: Response
) -> Submission:
    """Try a program on a problem's public tests or on one's own. Kept for 15 minutes, nothing is scored."""
    await gate.judge(caller)
    request = manage.RunCodeRequest(
        author=caller.user,
        problem=body.problem,
        language=body.language,
        code=body.code,
        tests=[translate.own_test(test) for test in body.tests],
        wait=duration(prefer.wait),
    )
    answer = await backends.manage.RunCode(request, timeout=prefer.wait + DEADLINE)
    return _judged(answer.submission, prefer, response)


@router.post("/execute", responses=_judging())
async def execute(
    body: Execute, caller: TheUser, prefer: ThePreference, gate: TheGate, backends: TheBackends, response: Response
) -> Submission:
    """Run a program on its own, with one input. Kept for 15 minutes."""
    await gate.judge(caller)
    request = manage.ExecuteCodeRequest(
        author=caller.user, language=body.language, code=body.code, stdin=body.stdin, wait=duration(prefer.wait)
    )
    answer = await backends.manage.ExecuteCode(request, timeout=prefer.wait + DEADLINE)
    return _judged(answer.submission, prefer, response)


@router.get("/submissions", responses=failures("invalid_cursor", *_READING))
async def submissions(
    caller: TheUser,
    gate: TheGate,
    backends: TheBackends,
    problem: Text = "",
    cursor: Cursor = "",
    limit: Limit = 20,
) -> SubmissionPage:
    """One's own submissions, newest first; without those of run and execute."""
    await gate.read(caller)
    request = pb.ListSubmissionsRequest(author=caller.user, problem=problem, cursor=cursor, limit=limit)
    return translate.page(await backends.submissions.ListSubmissions(request, timeout=DEADLINE))


@router.get("/submissions/{id}", responses=failures("submission_not_found", *_READING))
async def submission(
    id: str,
    caller: TheUser,
    gate: TheGate,
    backends: TheBackends,
) -> Submission:
    """One of one's own; of run and execute, too, while they are kept."""
    await gate.read(caller)
    request = manage.GetSubmissionRequest(id=id, author=caller.user)
    answer = await backends.manage.GetSubmission(request, timeout=DEADLINE)
    return translate.submission(answer.submission)


def _claim(caller: Identity, key: str | None, body: Submit) -> Claim | None:
    if key is None:
        return None
    return Claim.of(caller.user, key, problem=body.problem, language=body.language, code=body.code)


def _judged(message: judging.Submission, prefer: Preference, response: Response) -> Submission:
    """The answer, and whether it is the final one."""
    answer = translate.submission(message)
    if prefer.applied:
        response.headers["Preference-Applied"] = prefer.applied
    if answer.status == "pending":
        response.status_code = status.HTTP_202_ACCEPTED
        response.headers["Location"] = f"/api/v1/user/submissions/{answer.id}"
    return answer
