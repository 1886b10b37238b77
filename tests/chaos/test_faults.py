"""A plan of faults is data that a seed makes."""

from collections import Counter

from tests.chaos.faults import TARGETS, Scope, plan

FULL = Scope(seconds=600, kills=60, disks=frozenset({"kafka", "mongo"}))


def test_the_same_seed_makes_the_same_plan_and_another_another() -> None:
    assert plan(7, FULL) == plan(7, FULL)
    assert plan(7, FULL) != plan(8, FULL)


def test_every_part_is_killed_and_frozen_and_all_is_over_in_time() -> None:
    faults = plan(7, FULL)

    assert Counter(fault.target for fault in faults if fault.name == "kill") == dict.fromkeys(TARGETS, 6)
    assert {fault.target for fault in faults if fault.name == "freeze"} == set(TARGETS)
    assert {fault.name for fault in faults} == {"kill", "freeze", "restart", "slow", "full", "repeat", "jump"}
    assert all(fault.at >= 0 and fault.end <= 600 for fault in faults)


def test_some_kills_come_together() -> None:
    moments = Counter(fault.at for fault in plan(7, FULL) if fault.name == "kill")

    assert max(moments.values()) >= 2


def test_what_is_spared_is_spared() -> None:
    faults = plan(7, Scope(seconds=60, kills=10, targets=["problem-service"]))

    assert {fault.target for fault in faults} == {"problem-service", "records"}
    assert not [fault for fault in faults if fault.name in ("full", "slow", "restart")]
