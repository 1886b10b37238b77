"""What anybody may read: languages and problems."""

from fastapi import APIRouter

from codex_gateway.backends import DEADLINE
from codex_gateway.http.dependencies import Anybody, Cursor, Limit, Text, TheBackends, TheGate
from codex_gateway.http.documented import failures
from codex_gateway.models.problems import Difficulty, Language, Problem, ProblemPage
from codex_gateway.translate import problems
from codex_protos.codemanage.v1 import code_manage_service_pb2 as manage
from codex_protos.problem.v1 import problem_service_pb2 as pb

router = APIRouter(prefix="/api/v1/public", tags=["problems"])


@router.get("/languages", responses=failures("rate_limited", "dependency_unavailable"))
async def languages(caller: Anybody, gate: TheGate, backends: TheBackends) -> list[Language]:
    """What can be judged now."""
    await gate.read_public(caller)
    answer = await backends.manage.ListLanguages(manage.ListLanguagesRequest(), timeout=DEADLINE)
    return [problems.language(one) for one in answer.languages]


@router.get("/problems", responses=failures("invalid_cursor", "rate_limited", "dependency_unavailable"))
async def catalogue(
    caller: Anybody,
    gate: TheGate,
    backends: TheBackends,
    difficulty: Difficulty = "",
    tag: Text = "",
    search: Text = "",
    cursor: Cursor = "",
    limit: Limit = 20,
) -> ProblemPage:
    """A page of the catalogue. ``search``: a part of the title."""
    await gate.read_public(caller)
    request = pb.ListProblemsRequest(difficulty=difficulty, tag=tag, search=search, cursor=cursor, limit=limit)
    return problems.page(await backends.problems.ListProblems(request, timeout=DEADLINE))


@router.get("/problems/{slug}", responses=failures("problem_not_found", "rate_limited", "dependency_unavailable"))
async def problem(slug: str, caller: Anybody, gate: TheGate, backends: TheBackends) -> Problem:
    """A problem with its public tests."""
    await gate.read_public(caller)
    answer = await backends.problems.GetProblem(pb.GetProblemRequest(slug=slug), timeout=DEADLINE)
    return problems.problem(answer.problem)
