"""The names of the topics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Jobs go out on one topic, results come in on the other; a prefix keeps several stacks on one broker apart."""

    prefix: str = ""

    @property
    def jobs(self) -> str:
        return f"{self.prefix}code-execution-topic"

    @property
    def results(self) -> str:
        return f"{self.prefix}code-result-topic"

    @property
    def result_readers(self) -> str:
        """The consumer group of all replicas."""
        return f"{self.prefix}code-manage"
