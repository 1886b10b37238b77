"""Judgements as a worker would give them."""

from google.protobuf.timestamp_pb2 import Timestamp

from codex_protos.judging.v1 import judging_pb2 as judging

AC = judging.VERDICT_AC
WA = judging.VERDICT_WA
SE = judging.VERDICT_SE


def judgement(verdict: judging.Verdict.ValueType = AC, *, attempt: int = 1) -> judging.Judgement:
    """A judgement of two tests, a public and a hidden one, given now."""
    outcomes = [
        judging.TestOutcome(
            index=0, verdict=judging.VERDICT_AC, cpu_time=0.01, wall_time=0.02, memory_peak=9 << 20, public=True,
            input="1 2", expected="3", actual="3", stderr="",
        ),
        judging.TestOutcome(index=1, verdict=verdict, cpu_time=0.02, wall_time=0.03, memory_peak=9 << 20),
    ]  # fmt: skip
    return judging.Judgement(
        verdict=verdict,
        outcomes=outcomes,
        total=2,
        passed=1 + (verdict == judging.VERDICT_AC),
        cpu_time=0.03,
        wall_time=0.05,
        memory_peak=9 << 20,
        attempt=attempt,
        judged_at=now(),
    )


def now() -> Timestamp:
    """The present moment."""
    moment = Timestamp()
    moment.GetCurrentTime()
    return moment
