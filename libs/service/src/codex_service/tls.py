"""TLS between services: one authority, and a certificate that a service shows when it serves and when it calls."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Everything as PEM. Whom ``authority`` has not signed is not spoken to, whichever side it is on."""

    authority: bytes
    certificate: bytes
    key: bytes = field(repr=False)


def read_tls(authority: Path, certificate: Path, key: Path) -> Tls:
    """What the three files hold.

    Raises:
        ValueError: one can't be read, or isn't what it should be; says which.
    """
    tls = Tls(authority=_content(authority), certificate=_content(certificate), key=_content(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(authority)
    except ssl.SSLError as error:
        raise ValueError(f"{authority} holds no certificate of an authority ({error.reason})") from error
    try:
        # An encrypted key would ask for its password on the terminal, were there none here.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise ValueError(f"{certificate} and {key} are no certificate and its key ({error.reason})") from error
    return tls


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from error
