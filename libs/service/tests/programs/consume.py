"""A consumer as a process: it writes down what it has handled, one value a line, before it says that it is done."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

from aiokafka.structs import ConsumerRecord
from pydantic import Field

from codex_service import Service, ServiceSettings, Telemetry, run
from codex_service.kafka.cluster import Cluster
from codex_service.kafka.consumer import Consumer


class Settings(ServiceSettings):
    service: ClassVar[str] = "consuming-service"

    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    topic: str
    output: Path


@asynccontextmanager
async def build(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Service]:
    descriptor = os.open(settings.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def write_down(record: ConsumerRecord) -> None:
        await asyncio.sleep(0.01)
        os.write(descriptor, record.value + b"\n")

    consumer = Consumer(
        cluster=Cluster(settings.kafka_bootstrap_servers),
        topics=[settings.topic],
        group=settings.topic,
        handler=write_down,
        telemetry=telemetry,
        concurrency=4,
    )
    yield Service([consumer])


if __name__ == "__main__":
    run(build, Settings)
