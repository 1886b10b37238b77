"""Settings: one frozen value per service, read once, from the environment alone.

Ours begin with ``CODEX_``; the well-known names of stores (``REDIS_URL``, …) are read as they are. Any of them may be
given as a file instead, by the same name with ``_FILE`` behind it.
"""

import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from codex_service.tls import Tls, read_tls

PREFIX = "CODEX_"
# Kubernetes puts these into every container for each service of its namespace; they are nobody's misspelling.
_INJECTED = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$")
_KNOWN_PASSWORDS = frozenset({"", "changeme", "codex", "password", "postgres", "secret"})

S = TypeVar("S", bound="ServiceSettings")


class ServiceSettings(BaseSettings):
    """What every service can be told. A subclass names its service."""

    service: ClassVar[str]

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", populate_by_name=True)

    environment: Literal["development", "production"] = "development"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_grace: float = Field(default=10.0, ge=0, description="Seconds that running work gets at shutdown.")
    tls_ca_file: Path | None = Field(default=None, description="Who signs the certificates of services (PEM).")
    tls_cert_file: Path | None = Field(default=None, description="Ours, with what leads to the authority (PEM).")
    tls_key_file: Path | None = Field(default=None, validate_default=True, description="The key of ours (PEM).")

    @cached_property
    def tls(self) -> Tls | None:
        """What gRPC servers and channels are given; None: plaintext."""
        return _tls(self.tls_ca_file, self.tls_cert_file, self.tls_key_file)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic's signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _SecretFiles(settings_cls), env_settings

    @field_validator("tls_key_file")
    @classmethod
    def _tls_is_whole(cls, key: Path | None, info: Any) -> Path | None:
        _tls(info.data.get("tls_ca_file"), info.data.get("tls_cert_file"), key)
        return key

    @field_validator("database_url", "mongodb_uri", "redis_url", check_fields=False)
    @classmethod
    def _no_known_password(cls, url: str, info: Any) -> str:
        password = urlsplit(url).password
        if info.data.get("environment") == "production" and password in _KNOWN_PASSWORDS:
            raise ValueError("a password that everybody knows is not accepted in production")
        return url


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads ``NAME_FILE`` for any setting ``NAME``, so that a secret need not stand in the environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{environment_name(field_name, field)}_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def _tls(authority: Path | None, certificate: Path | None, key: Path | None) -> Tls | None:
    if authority and certificate and key:
        return read_tls(authority, certificate, key)
    given = {"CODEX_TLS_CA_FILE": authority, "CODEX_TLS_CERT_FILE": certificate, "CODEX_TLS_KEY_FILE": key}
    if any(given.values()):
        missing = " and ".join(name for name, file in given.items() if not file)
        raise ValueError(f"TLS needs {', '.join(given)}: there is no {missing}")
    return None


def environment_name(field_name: str, field: FieldInfo) -> str:
    """The variable that sets a field."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field_name.upper()}"


def unknown_variables(settings_class: type[ServiceSettings]) -> list[str]:
    """Variables that begin like ours and set nothing: misspelt, most likely."""
    known = {environment_name(name, field) for name, field in settings_class.model_fields.items()}
    ours = (name for name in os.environ if name.startswith(PREFIX) and not _INJECTED.search(name))
    return sorted(name for name in ours if not {name, name.removesuffix("_FILE")} & known)


def load(settings_class: type[S]) -> S:
    """Read the settings, or end the process with status 2 and a sentence for each fault."""
    faults = [f"{name}: not a setting of this service" for name in unknown_variables(settings_class)]
    try:
        settings = settings_class()
    except ValidationError as error:
        faults += [f"{_variable(settings_class, fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    except OSError as error:
        faults.append(f"{error.filename}: {error.strerror}")
    if faults:
        sys.stderr.write("cannot start, settings are wrong:\n" + "".join(f"  {fault}\n" for fault in faults))
        raise SystemExit(2)
    return settings


def _variable(settings_class: type[ServiceSettings], loc: tuple[int | str, ...]) -> str:
    name = str(loc[0]) if loc else "settings"
    field = settings_class.model_fields.get(name)
    return environment_name(name, field) if field else name
