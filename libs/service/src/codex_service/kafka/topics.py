"""Topics: made once by the service that owns them."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from codex_service.kafka.cluster import Cluster
from codex_service.kafka.producer import patiently

PARTITIONS = 12


async def ensure_topics(
    cluster: Cluster,
    names: Sequence[str],
    *,
    replication: int = 1,
    compacted: Sequence[str] = (),
    patience: float = 30.0,
) -> None:
    """Make the missing ones, each with ``PARTITIONS`` partitions; of a compacted one, a key's last record is kept."""
    admin = AIOKafkaAdminClient(**cluster.options)
    await patiently(admin.start, patience=patience)
    try:
        answer = await admin.create_topics(
            [
                NewTopic(
                    name,
                    num_partitions=PARTITIONS,
                    replication_factor=replication,
                    topic_configs={"cleanup.policy": "compact"} if name in compacted else {},
                )
                for name in (*names, *compacted)
            ]
        )
        for _, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)
    finally:
        await admin.close()
