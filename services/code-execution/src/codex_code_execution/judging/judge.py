"""Takes one program to its verdict."""

import asyncio
from dataclasses import replace

from codex_code_execution.judging.binaries import BinaryCache
from codex_code_execution.judging.checkers import same_text, same_value
from codex_code_execution.judging.model import Guard, Job, Judgement, Kind, Limits, TestCase, TestOutcome, Verdict
from codex_code_execution.judging.programs import Executable, Program, Refusal, ZygotePython
from codex_code_execution.judging.progress import Listener, Progress, Stage
from codex_code_execution.judging.text import shown, to_bytes
from codex_code_execution.judging.verdict import Failure, failure_of, verdict_of_job
from codex_code_execution.languages.catalogue import Language
from codex_code_execution.sandbox.errors import SandboxError
from codex_code_execution.sandbox.pool import Sandbox
from codex_code_execution.sandbox.slot import Slot
from codex_code_execution.sandbox.wire import AnswerState, Reply

LONG_ANSWER = 64 << 10  # bytes whose comparison is worth a thread


class LanguageUnavailable(SandboxError):
    """No slot here can run this language."""


class Judge:
    """Judges programs in the slots of a sandbox, as many at once as there are slots."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._languages = {language.id: language for language in sandbox.languages}
        self._binaries = BinaryCache(sandbox.work_dir / "binaries")

    async def judge(self, job: Job, progress: Listener | None = None) -> Judgement:
        """Judge a program on its tests. Waits for a free slot.

        The judgement is returned once the last test is decided; the slot cleans up afterwards.

        Raises:
            SandboxUnavailable: the slot failed. Nothing is said about the program; the job may be tried again.
            LanguageUnavailable: no slot here can run the job's language.
        """
        if not job.tests:
            raise ValueError("a job without tests has no verdict")
        language = self._languages.get(job.language)
        if language is None or (job.signature is not None and not language.function_harness):
            raise LanguageUnavailable(f"{job.language} can't be judged here")
        async with self._sandbox.slot() as slot:
            return await _Run(slot, job, language, self._binaries, progress or _ignore).judgement()


def _ignore(_: Progress) -> None:
    """For callers who want the judgement alone."""


class _Run:
    """One job in one slot."""

    def __init__(self, slot: Slot, job: Job, language: Language, binaries: BinaryCache, progress: Listener) -> None:
        self._job = job
        self._language = language
        self._limits = _scaled(job.limits, language)
        self._progress = progress
        self._program: Program = (
            ZygotePython(slot, job, self._limits)
            if language.zygote
            else Executable(slot, job, self._limits, language, binaries)
        )

    async def judgement(self) -> Judgement:
        self._tell(Stage.SLOT_ACQUIRED)
        if self._language.compile:
            self._tell(Stage.COMPILING)
        tests = self._job.tests
        refusal = await self._program.prepare(to_bytes(tests[0].input), only=len(tests) == 1)
        self._tell(Stage.COMPILED)
        if refusal is not None and refusal.compiler_output is not None:
            return self._compile_error(refusal.compiler_output)
        self._tell(Stage.RUNNING)
        self._tell(Stage.TESTS_STARTED)
        outcomes = await self._outcomes(refusal)
        self._tell(Stage.TESTS_FINISHED)
        return self._judged(outcomes)

    def _compile_error(self, output: bytes) -> Judgement:
        return Judgement(
            verdict=Verdict.COMPILE_ERROR, outcomes=(), total=len(self._job.tests), compiler_output=shown(output)
        )

    def _judged(self, outcomes: list[TestOutcome]) -> Judgement:
        verdict = verdict_of_job([outcome.verdict for outcome in outcomes])
        guard = next((outcome.guard for outcome in outcomes if outcome.verdict is verdict), Guard.NONE)
        return Judgement(verdict=verdict, outcomes=tuple(outcomes), total=len(self._job.tests), guard=guard)

    async def _outcomes(self, refusal: Refusal | None) -> list[TestOutcome]:
        outcomes: list[TestOutcome] = []
        for index, test in enumerate(self._job.tests):
            last = index == len(self._job.tests) - 1
            reply = refusal.reply if refusal else await self._program.run(to_bytes(test.input), last=last)
            outcome = await self._outcome(index, test, reply)
            outcomes.append(outcome)
            self._tell(Stage.TEST, outcome)
            if refusal or (self._job.kind is Kind.SUBMIT and outcome.verdict is not Verdict.ACCEPTED):
                break
        return outcomes

    async def _outcome(self, index: int, test: TestCase, reply: Reply) -> TestOutcome:
        failure = failure_of(reply, self._limits, self._language) or await self._mistake(test, reply)
        return TestOutcome(
            index=index,
            verdict=failure.verdict if failure else Verdict.ACCEPTED,
            guard=failure.guard if failure else Guard.NONE,
            message=failure.message if failure else None,
            cpu_time=reply.head.cpu_time,
            wall_time=reply.head.wall_time,
            memory_peak=reply.head.memory,
            public=test.public,
            actual=self._actual(reply),
            stderr=shown(self._aside(reply)) or None,
        )

    async def _mistake(self, test: TestCase, reply: Reply) -> Failure | None:
        """What is wrong with the answer of a program that ended well; None when it is right."""
        if self._job.signature is not None and reply.head.state != AnswerState.VALUE:
            return _wrong("it ended before it returned an answer")
        if test.expected is None or await self._same(test.expected, reply):
            return None
        return _wrong("wrong answer")

    async def _same(self, expected: str, reply: Reply) -> bool:
        if len(reply.answer) + len(reply.output) > LONG_ANSWER:
            return await asyncio.to_thread(self._compare, expected, reply)
        return self._compare(expected, reply)

    def _compare(self, expected: str, reply: Reply) -> bool:
        if self._job.signature is not None:
            return same_value(reply.answer, expected, self._job.checker)
        return same_text(reply.output, to_bytes(expected), self._job.checker)

    def _actual(self, reply: Reply) -> str | None:
        if self._job.signature is None:
            return shown(reply.output)
        return shown(reply.answer) if reply.head.state == AnswerState.VALUE else None

    def _aside(self, reply: Reply) -> bytes:
        """What is shown beside the answer; for function problems also what was printed, which isn't compared."""
        return reply.error if self._job.signature is None else reply.output + reply.error

    def _tell(self, stage: Stage, outcome: TestOutcome | None = None) -> None:
        self._progress(Progress(stage=stage, outcome=outcome))


def _wrong(message: str) -> Failure:
    return Failure(verdict=Verdict.WRONG_ANSWER, guard=Guard.NONE, message=message)


def _scaled(limits: Limits, language: Language) -> Limits:
    factor = language.time_factor
    return replace(limits, cpu_time=limits.cpu_time * factor, wall_time=limits.wall_time * factor)
