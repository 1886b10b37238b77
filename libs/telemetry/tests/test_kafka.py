"""The handling of records, and the sending of them through the patched producer."""

from collections.abc import AsyncIterator
from typing import Any

import aiokafka
import pytest
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.structs import ConsumerRecord, RecordMetadata
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from codex_telemetry import carrier, quiet, span, trace_id
from codex_telemetry.testing import Recorder, record

TOPIC = "code-execution-topic"


def _record(headers: dict[str, str], value: bytes = b"job") -> ConsumerRecord:
    sent = tuple((name, text.encode()) for name, text in headers.items())
    return ConsumerRecord(TOPIC, 3, 42, 0, 0, b"0190-id", value, None, 7, len(value), sent)


class Broker:
    """Stands where a producer's connection would be and keeps what is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuses: Exception | None = None
        self.headers: list[list[tuple[str, bytes]]] = []
        self.producer = aiokafka.AIOKafkaProducer(bootstrap_servers=["broker:9092"], client_id="c")
        monkeypatch.setattr(self.producer.client, "_wait_on_metadata", self._metadata)
        monkeypatch.setattr(self.producer, "_partition", lambda *_: 5)
        monkeypatch.setattr(self.producer._message_accumulator, "add_message", self._accept)  # noqa: SLF001

    async def _metadata(self, _topic: str) -> None: ...

    async def _accept(self, *_: Any, headers: list[tuple[str, bytes]], **__: Any) -> Any:
        self.headers.append(headers)
        future: Any = self.producer._loop.create_future()  # noqa: SLF001
        if self.refuses:
            future.set_exception(self.refuses)
        else:
            future.set_result(RecordMetadata(TOPIC, 5, None, 42, None, 0, 0))
        return future

    async def send(self, headers: list[tuple[str, bytes]] | None = None) -> None:
        await self.producer.send_and_wait(TOPIC, b"job", key=b"0190-id", headers=headers)

    def traceparents(self) -> list[list[str]]:
        return [[v.decode() for k, v in headers if k == "traceparent"] for headers in self.headers]


@pytest.fixture
async def broker(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    assert recorder.telemetry.enabled
    broker = Broker(monkeypatch)
    yield broker
    await broker.producer.stop()


async def test_handling_is_a_child_of_the_sending_and_linked_to_it(recorder: Recorder) -> None:
    with span("sender"):
        record_ = _record(carrier())
    with span("something else that is current"), recorder.telemetry.process(record_, group="executors"):
        inside = trace_id()

    sender, _, process = recorder.spans()
    assert process["name"] == f"process {TOPIC}"
    assert process["kind"] == "CONSUMER"
    assert process["parent_span_id"] == sender["span_id"]
    assert process["links"] == [{"trace_id": sender["trace_id"], "span_id": sender["span_id"]}]
    assert process["trace_id"] == sender["trace_id"] == inside
    assert process["attributes"] == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": TOPIC,
        "messaging.destination.partition.id": "3",
        "messaging.consumer.group.name": "executors",
        "messaging.kafka.offset": 42,
        "messaging.kafka.message.key": "0190-id",
        "messaging.message.body.size": 3,
    }


async def test_with_links_only_handling_begins_a_trace_of_its_own(recorder: Recorder) -> None:
    telemetry = record("code-manage-service", kafka_links="link_only").telemetry
    with span("sender"):
        record_ = _record(carrier())
    with telemetry.process(record_, group="executors"):
        pass

    sender, process = recorder.spans()
    assert process["parent_span_id"] is None
    assert process["trace_id"] != sender["trace_id"]
    assert process["links"] == [{"trace_id": sender["trace_id"], "span_id": sender["span_id"]}]


async def test_a_failure_marks_the_span_and_is_passed_on(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="bad"), recorder.telemetry.process(_record({}), group="executors"):
        raise ValueError("bad")

    (process,) = recorder.spans()
    assert process["status"] == "ERROR"
    assert process["attributes"]["error.type"] == "ValueError"
    assert process["links"] == []


async def test_a_record_with_spoilt_headers_is_handled_in_a_new_trace(recorder: Recorder) -> None:
    with recorder.telemetry.process(_record({"traceparent": "\xff-no-trace"}), group="executors"):
        pass

    (process,) = recorder.spans()
    assert process["parent_span_id"] is None


async def test_of_two_trace_headers_the_later_one_is_believed(recorder: Recorder) -> None:
    with span("old"):
        old = carrier()
    with span("new"):
        new = carrier()
    record_ = _record(old)
    record_.headers = (*record_.headers, *_record(new).headers)
    with recorder.telemetry.process(record_, group="executors"):
        pass

    assert recorder.spans()[2]["parent_span_id"] == recorder.spans()[1]["span_id"]


async def test_sending_is_a_producer_span_whose_headers_travel(recorder: Recorder, broker: Broker) -> None:
    with span("request"):
        await broker.send()

    _, send = await recorder.finished(2)
    assert send["name"] == f"send {TOPIC}"
    assert send["kind"] == "PRODUCER"
    assert send["attributes"] == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": TOPIC,
        "messaging.destination.partition.id": "5",
        "messaging.kafka.message.key": "0190-id",
        "messaging.message.body.size": 3,
        "messaging.client.id": "c",
        "messaging.kafka.offset": 42,
        "server.address": "broker",
        "server.port": 9092,
    }
    assert f"-{send['span_id']}-" in broker.traceparents()[0][0]


async def test_sends_share_no_headers_and_forward_no_old_trace(recorder: Recorder, broker: Broker) -> None:
    shared = [("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"), ("attempt", b"1")]
    with span("request"):
        await broker.send(shared)
        await broker.send(shared)

    sends = [s for s in await recorder.finished(3) if s["kind"] == "PRODUCER"]
    assert [len(values) for values in broker.traceparents()] == [1, 1]
    for send, (traceparent,) in zip(sends, broker.traceparents(), strict=True):
        assert send["span_id"] in traceparent
    assert all(("attempt", b"1") in headers for headers in broker.headers)
    assert len(shared) == 2


async def test_of_a_record_we_say_what_the_contributed_instrumentation_says(recorder: Recorder, broker: Broker) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    AIOKafkaInstrumentor().instrument(tracer_provider=provider)
    try:
        await broker.send()
    finally:
        AIOKafkaInstrumentor().uninstrument()

    (ours,), (theirs,) = await recorder.finished(1), exporter.get_finished_spans()
    outdated = {"messaging.operation.type": "publish", "server.address": '["broker:9092"]'}
    said = dict(theirs.attributes or {})
    assert {key: said.pop(key) for key in outdated} == outdated
    assert said == {key: ours["attributes"][key] for key in said}


async def test_a_quiet_send_has_no_span(recorder: Recorder, broker: Broker) -> None:
    with quiet():
        await broker.send([("attempt", b"1")])

    assert recorder.spans() == []
    assert broker.headers == [[("attempt", b"1")]]


async def test_a_record_that_the_broker_refuses_is_an_error(recorder: Recorder, broker: Broker) -> None:
    broker.refuses = MessageSizeTooLargeError()
    with span("request"), pytest.raises(MessageSizeTooLargeError):
        await broker.send()

    _, send = await recorder.finished(2)
    assert send["status"] == "ERROR"
    assert send["attributes"]["error.type"] == "MessageSizeTooLargeError"
    assert "messaging.kafka.offset" not in send["attributes"]


async def test_both_sides_are_measured(recorder: Recorder, broker: Broker) -> None:
    with span("request"):
        await broker.send()
    with recorder.telemetry.process(_record({}), group="measured"):
        pass
    await recorder.finished(3)

    points = recorder.points()
    sent = points["messaging.client.operation.duration"]
    assert any(point.attributes["messaging.destination.name"] == TOPIC and point.count for point in sent)
    handled = points["messaging.process.duration"]
    assert any(point.attributes["messaging.consumer.group.name"] == "measured" for point in handled)
    assert all("messaging.kafka.message.key" not in point.attributes for point in handled)
