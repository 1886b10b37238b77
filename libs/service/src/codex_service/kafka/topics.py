"""Topics: made once by the service that owns them."""

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from codex_service.kafka.producer import PLAINTEXT, patiently

PARTITIONS = 12


async def ensure_topics(
    bootstrap: str,
    names: list[str],
    *,
    replication: int = 1,
    patience: float = 30.0,
    security: Mapping[str, Any] = PLAINTEXT,
) -> None:
    """Make the topics that are missing, each with ``PARTITIONS`` partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security)
    await patiently(admin.start, patience=patience)
    try:
        answer = await admin.create_topics(
            [NewTopic(name, num_partitions=PARTITIONS, replication_factor=replication) for name in names]
        )
        for _, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)
    finally:
        await admin.close()
