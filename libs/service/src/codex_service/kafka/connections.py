"""A write to a connection that has just been closed: under uvloop a RuntimeError, which aiokafka does not expect.

It ends the task that keeps a client's metadata up to date, and the client never finds a restarted broker again
(aiokafka 0.14 with uvloop 0.23; seen when brokers were restarted under load).
"""

from functools import cache
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


@cache
def mend_writes() -> None:
    """Have such a write count as a broken connection, which aiokafka knows how to replace."""
    plain = AIOKafkaConnection.send

    def send(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:  # noqa: FBT001, FBT002 (aiokafka's signature)
        try:
            return plain(self, request, expect_response)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"connection at {self.host}:{self.port} broken: {error}") from error

    AIOKafkaConnection.send = send
