"""``codex dlq``: the Kafka records that were given up, for operators."""
