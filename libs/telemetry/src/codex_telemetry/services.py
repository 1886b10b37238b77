"""What is instrumented where. A service that isn't named here can't be traced."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Library(StrEnum):
    HTTP = "fastapi"
    GRPC = "grpc"
    KAFKA = "aiokafka"
    MONGODB = "pymongo"
    POSTGRESQL = "asyncpg"
    REDIS = "redis"


# collab-service is left out on purpose: it stays without telemetry.
INSTRUMENTED: Final[Mapping[str, frozenset[Library]]] = MappingProxyType(
    {
        "gateway-service": frozenset({Library.HTTP, Library.GRPC, Library.REDIS}),
        "auth-user-service": frozenset({Library.GRPC, Library.POSTGRESQL, Library.REDIS}),
        "problem-service": frozenset({Library.GRPC, Library.MONGODB, Library.REDIS}),
        "code-manage-service": frozenset({Library.GRPC, Library.KAFKA, Library.REDIS}),
        "code-execution-service": frozenset({Library.GRPC, Library.KAFKA, Library.REDIS}),
    }
)
