"""Every attribute key we write, in one place.

What OpenTelemetry calls stable is imported from its own package; the rest is spelt out here, because those
modules move their names. Semantic conventions 1.44.
"""

from typing import Final

from opentelemetry.semconv.attributes.client_attributes import CLIENT_ADDRESS, CLIENT_PORT
from opentelemetry.semconv.attributes.db_attributes import (
    DB_COLLECTION_NAME,
    DB_NAMESPACE,
    DB_OPERATION_BATCH_SIZE,
    DB_OPERATION_NAME,
    DB_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.network_attributes import NETWORK_PROTOCOL_VERSION
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.service_attributes import SERVICE_NAME, SERVICE_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_PATH, URL_QUERY, URL_SCHEME
from opentelemetry.semconv.attributes.user_agent_attributes import USER_AGENT_ORIGINAL

__all__ = [
    "CLIENT_ADDRESS",
    "CLIENT_PORT",
    "DB_COLLECTION_NAME",
    "DB_NAMESPACE",
    "DB_OPERATION_BATCH_SIZE",
    "DB_OPERATION_NAME",
    "DB_SYSTEM_NAME",
    "ERROR_TYPE",
    "HTTP_REQUEST_METHOD",
    "HTTP_REQUEST_METHOD_ORIGINAL",
    "HTTP_RESPONSE_STATUS_CODE",
    "HTTP_ROUTE",
    "NETWORK_PROTOCOL_VERSION",
    "SERVER_ADDRESS",
    "SERVER_PORT",
    "SERVICE_NAME",
    "SERVICE_VERSION",
    "URL_PATH",
    "URL_QUERY",
    "URL_SCHEME",
    "USER_AGENT_ORIGINAL",
]

SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_INSTANCE_ID: Final = "service.instance.id"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"

RPC_SYSTEM_NAME: Final = "rpc.system.name"
RPC_METHOD: Final = "rpc.method"
RPC_RESPONSE_STATUS_CODE: Final = "rpc.response.status_code"

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_DESTINATION_PARTITION_ID: Final = "messaging.destination.partition.id"
MESSAGING_CLIENT_ID: Final = "messaging.client.id"
MESSAGING_CONSUMER_GROUP_NAME: Final = "messaging.consumer.group.name"
MESSAGING_MESSAGE_BODY_SIZE: Final = "messaging.message.body.size"
MESSAGING_KAFKA_OFFSET: Final = "messaging.kafka.offset"
MESSAGING_KAFKA_MESSAGE_KEY: Final = "messaging.kafka.message.key"

DB_CLIENT_CONNECTION_POOL_NAME: Final = "db.client.connection.pool.name"
DB_CLIENT_CONNECTION_STATE: Final = "db.client.connection.state"

SUBMISSION_ID: Final = "codex.submission.id"
SUBMISSION_LANGUAGE: Final = "codex.submission.language"
SUBMISSION_VERDICT: Final = "codex.submission.verdict"

EXECUTION_KIND: Final = "codex.execution.kind"
EXECUTION_LANGUAGE: Final = "codex.execution.language"
EXECUTION_ATTEMPT: Final = "codex.execution.attempt"
EXECUTION_VERDICT: Final = "codex.execution.verdict"
EXECUTION_TESTS_TOTAL: Final = "codex.execution.tests.total"
EXECUTION_TESTS_PASSED: Final = "codex.execution.tests.passed"
EXECUTION_CPU_TIME: Final = "codex.execution.cpu_time"
EXECUTION_WALL_TIME: Final = "codex.execution.wall_time"
EXECUTION_MEMORY_PEAK: Final = "codex.execution.memory_peak"

SANDBOX_BACKEND: Final = "codex.sandbox.backend"
SANDBOX_TIER: Final = "codex.sandbox.tier"
SANDBOX_GUARD: Final = "codex.sandbox.guard"
SANDBOX_STATE: Final = "codex.sandbox.state"

REDIS_KEY_PATTERN: Final = "codex.redis.key_pattern"
