"""What a service can be told about its broker: where it is, and whether TLS and a password lead there."""

import ssl
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator

from codex_service.kafka.cluster import Cluster
from codex_service.kafka.policy import Policy
from codex_service.settings import ServiceSettings


class KafkaSettings(ServiceSettings):
    """A broker's certificate must be for its advertised host, signed by the CA file's authority, else a public one."""

    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_ssl_cafile: Path | None = Field(default=None, validation_alias="KAFKA_SSL_CAFILE")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", validation_alias="KAFKA_SASL_MECHANISM"
    )
    kafka_sasl_username: str | None = Field(default=None, validation_alias="KAFKA_SASL_USERNAME")
    kafka_sasl_password: SecretStr | None = Field(default=None, validation_alias="KAFKA_SASL_PASSWORD")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = Field(
        default="PLAINTEXT", validate_default=True, validation_alias="KAFKA_SECURITY_PROTOCOL"
    )

    retry_first: float = Field(
        default=0.5, gt=0, description="Seconds before a failed record's second attempt; later pauses double, up to 30."
    )
    retry_failures: int = Field(
        default=5, ge=1, description="A record that failed so often for a reason of its own is given up."
    )
    kafka_group_instance: str | None = Field(
        default=None,
        description="A name that this replica keeps over restarts, and no other has: its partitions then wait for it.",
    )

    @cached_property
    def kafka(self) -> Cluster:
        """What producers, consumers and ``ensure_topics`` are given."""
        return Cluster(self.kafka_bootstrap_servers, self._security())

    @property
    def retry_policy(self) -> Policy:
        """How long failed records are tried again."""
        return Policy(first=self.retry_first, failures=self.retry_failures)

    def _security(self) -> Mapping[str, Any]:
        if self.kafka_security_protocol == "PLAINTEXT":
            return {}
        encrypted = {
            "security_protocol": self.kafka_security_protocol,
            "ssl_context": ssl.create_default_context(cafile=self.kafka_ssl_cafile),
        }
        if self.kafka_security_protocol == "SSL" or self.kafka_sasl_password is None:
            return encrypted
        return {
            **encrypted,
            "sasl_mechanism": self.kafka_sasl_mechanism,
            "sasl_plain_username": self.kafka_sasl_username,
            "sasl_plain_password": self.kafka_sasl_password.get_secret_value(),
        }

    @field_validator("kafka_ssl_cafile")
    @classmethod
    def _is_an_authority(cls, file: Path | None) -> Path | None:
        try:
            ssl.create_default_context(cafile=file)
        except OSError as error:  # ssl's own errors are among them
            raise ValueError(f"{file} holds no certificate of an authority ({error.strerror})") from error
        return file

    @field_validator("kafka_security_protocol")
    @classmethod
    def _has_what_it_needs(cls, protocol: str, info: Any) -> str:
        given = [info.data.get(name) for name in ("kafka_sasl_username", "kafka_sasl_password")]
        if protocol == "SASL_SSL" and not all(given):
            raise ValueError("SASL_SSL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
        if protocol != "SASL_SSL" and any(given):
            raise ValueError(f"with {protocol}, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD would not be used")
        return protocol
