"""The names of the topics and of the groups that read them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Jobs go out on one topic, results come in on another.

    Jobs whose author has many on the way already go out on the topic for the overflow. A prefix keeps several stacks on
    one broker apart.
    """

    prefix: str = ""

    @property
    def jobs(self) -> str:
        return f"{self.prefix}code-execution-topic"

    @property
    def overflow(self) -> str:
        return f"{self.prefix}code-execution-overflow-topic"

    @property
    def results(self) -> str:
        return f"{self.prefix}code-result-topic"

    @property
    def dead_letters(self) -> str:
        return f"{self.prefix}code-dead-letter-topic"

    @property
    def workers(self) -> str:
        """The consumer group that judges."""
        return f"{self.prefix}code-execution"

    @property
    def result_readers(self) -> str:
        """The consumer group of all replicas of code-manage."""
        return f"{self.prefix}code-manage"
