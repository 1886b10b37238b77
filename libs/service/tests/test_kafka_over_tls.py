"""A broker that wants TLS, and one that wants a password besides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from aiokafka.structs import ConsumerRecord
from pydantic import ValidationError

from codex_service import UNTRACED
from codex_service.kafka.consumer import Consumer
from codex_service.kafka.producer import open_producer
from codex_service.kafka.settings import KafkaSettings
from codex_service.kafka.topics import ensure_topics
from codex_service.tls import Tls
from codex_testing.services import free_address
from codex_testing.stores import Store
from codex_testing.waiting import eventually
from codex_tools.stack import kafka

if TYPE_CHECKING:
    from codex_tools.stack.home import Home

Issue = Callable[[str], Tls]


class Settings(KafkaSettings):
    service: ClassVar[str] = "kafka-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Three doors: with a certificate, with a password besides, and with a certificate for another host."""

    ca: Path
    encrypted: str
    guarded: str
    misnamed: str


@pytest.fixture(scope="module")
async def broker(
    stack_home: "Home", new_authority: Callable[[], Issue], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Broker]:
    folder, issue = tmp_path_factory.mktemp("broker"), new_authority()
    home = replace(stack_home, folder=folder)
    home.make()
    plain, encrypted, guarded, misnamed, controller = (free_address() for _ in range(5))
    ports = int(plain.rpartition(":")[2]), int(controller.rpartition(":")[2])
    part = await kafka.recipe(home, ports, {})(lambda _: None)
    listeners = f"PLAINTEXT://{plain},SSL://{encrypted},SASL_SSL://{guarded},MISNAMED://{misnamed}"
    settings = {
        "listeners": f"{listeners},CONTROLLER://{controller}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL,MISNAMED:SSL"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": _keystore(folder / "keystore", issue("127.0.0.1")),
        "listener.name.misnamed.ssl.keystore.location": _keystore(folder / "misnamed", issue("elsewhere")),
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_codex="s3cret";'
        ),
    }
    overrides = (word for name, value in settings.items() for word in ("--override", f"{name}={value}"))
    store = Store(replace(part, argv=(*part.argv, *overrides)), plain, home.log_of("kafka"))
    (folder / "ca").write_bytes(issue("any").authority)
    try:
        await store.start()
        yield Broker(ca=folder / "ca", encrypted=encrypted, guarded=guarded, misnamed=misnamed)
    finally:
        await store.stop()


def _keystore(file: Path, tls: Tls) -> str:
    file.write_bytes(tls.key + tls.certificate)
    return str(file)


async def _through(settings: Settings, topic: str) -> list[bytes]:
    """What arrives when one record is sent, all by these settings."""
    arrived: list[bytes] = []

    async def note(record: ConsumerRecord) -> None:
        arrived.append(record.value)

    await ensure_topics(settings.kafka, [topic], patience=5)
    async with open_producer(settings.kafka, patience=5) as producer:
        await (await producer.send(topic, key="k", value=b"hello"))
    consumer = Consumer(
        cluster=settings.kafka,
        topics=[topic],
        group=topic,
        handler=note,
        telemetry=UNTRACED,
        concurrency=1,
    )
    await consumer.start()
    try:
        await eventually(lambda: arrived, within=20)
    finally:
        await consumer.stop(5)
    return arrived


async def test_records_travel_over_tls(broker: Broker) -> None:
    settings = Settings(
        kafka_bootstrap_servers=broker.encrypted, kafka_security_protocol="SSL", kafka_ssl_cafile=broker.ca
    )

    assert await _through(settings, "encrypted") == [b"hello"]


async def test_records_travel_over_tls_with_a_password(broker: Broker) -> None:
    settings = Settings(
        kafka_bootstrap_servers=broker.guarded,
        kafka_security_protocol="SASL_SSL",
        kafka_ssl_cafile=broker.ca,
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="codex",
        kafka_sasl_password="s3cret",
    )

    assert await _through(settings, "guarded") == [b"hello"]
    assert "s3cret" not in repr(settings)


async def test_a_broker_of_another_name_is_not_spoken_to(broker: Broker) -> None:
    settings = Settings(
        kafka_bootstrap_servers=broker.misnamed, kafka_security_protocol="SSL", kafka_ssl_cafile=broker.ca
    )

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await ensure_topics(settings.kafka, ["t"], patience=2)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "SASL_SSL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        ({"KAFKA_SASL_PASSWORD": "x"}, "with PLAINTEXT, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD would not be used"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "Input should be 'PLAINTEXT', 'SSL' or 'SASL_SSL'"),
        ({"KAFKA_SSL_CAFILE": "/no/such/file"}, "/no/such/file holds no certificate of an authority"),
        ({"KAFKA_SSL_CAFILE": __file__}, "holds no certificate of an authority"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=sentence):
        Settings()
