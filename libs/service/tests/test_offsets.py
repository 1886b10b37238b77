"""Which offsets may be committed."""

from aiokafka.structs import ConsumerRecord, TopicPartition

from codex_service.kafka.offsets import Offsets

HERE, THERE = TopicPartition("topic", 0), TopicPartition("topic", 1)


def record(offset: int, tp: TopicPartition = HERE) -> ConsumerRecord:
    return ConsumerRecord(tp.topic, tp.partition, offset, 0, 0, None, b"", None, 0, 0, ())


def taken(*records: ConsumerRecord) -> Offsets:
    offsets = Offsets()
    offsets.taken(records)
    return offsets


def test_what_is_done_in_order_may_be_committed() -> None:
    offsets = taken(record(7), record(8))

    offsets.done(record(7))
    assert offsets.committable() == {HERE: 8}
    offsets.done(record(8))
    assert offsets.committable() == {HERE: 9}


def test_the_first_unfinished_record_holds_back_all_behind_it() -> None:
    offsets = taken(record(7), record(8), record(9))

    offsets.done(record(9))
    offsets.done(record(8))
    assert offsets.committable() == {HERE: 7}

    offsets.done(record(7))
    assert offsets.committable() == {HERE: 10}


def test_partitions_do_not_hold_each_other_back() -> None:
    offsets = taken(record(7), record(3, THERE))

    offsets.done(record(3, THERE))

    assert offsets.committable() == {HERE: 7, THERE: 4}


def test_gaps_between_offsets_are_passed_over() -> None:
    offsets = taken(record(7), record(12))

    offsets.done(record(7))
    assert offsets.committable() == {HERE: 12}


def test_what_was_committed_is_not_committed_again() -> None:
    offsets = taken(record(7))
    offsets.done(record(7))

    offsets.committed({HERE: 8})

    assert offsets.committable() == {}


def test_a_partition_that_has_moved_is_forgotten_with_its_records() -> None:
    offsets = taken(record(7), record(3, THERE))

    offsets.forget({HERE})
    offsets.done(record(7))

    assert not offsets.owned(record(7))
    assert offsets.owned(record(3, THERE))
    assert offsets.committable() == {THERE: 3}


def test_a_partition_that_comes_back_begins_where_the_broker_says() -> None:
    offsets = taken(record(7), record(8), record(9))
    offsets.done(record(7))
    offsets.forget({HERE})

    offsets.taken([record(7), record(8)])

    assert not offsets.owned(record(9))
    assert offsets.committable() == {HERE: 7}


def test_a_record_that_is_done_needs_no_one_any_more() -> None:
    offsets = taken(record(7))
    offsets.done(record(7))

    assert not offsets.owned(record(7))


def test_the_position_is_the_first_record_that_is_not_done() -> None:
    offsets = taken(record(7), record(8))
    offsets.done(record(7))

    assert offsets.position(HERE, 99) == 8
    assert offsets.position(THERE, 99) == 99
