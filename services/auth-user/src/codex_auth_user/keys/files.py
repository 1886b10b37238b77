"""The signing key's file: made once, however many replicas start at the same time."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

KEY_FILE = "signing-key.pem"


class UnusableKey(Exception):
    """The file holds no private Ed25519 key that we can read."""


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in ``folder``, which is made there when there is none. Blocks on the disk.

    Raises:
        UnusableKey: the file is something else.
        OSError: the folder can't be read or written.
    """
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(file)
    return _read(file)


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{file} holds no unencrypted private key in PEM form") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKey(f"{file} holds a key of another kind than Ed25519")
    return key


def _make(file: Path) -> None:
    """Write a new key whole under another name, then link it: the link fails for everybody but the first."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)
