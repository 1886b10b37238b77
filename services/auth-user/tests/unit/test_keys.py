"""The key that signs access tokens."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from codex_auth_user.keys.files import KEY_FILE, UnusableKey, signing_key
from codex_auth_user.keys.signer import Signer


def test_replicas_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    with ThreadPoolExecutor(16) as replicas:
        keys = list(replicas.map(lambda _: signing_key(folder).private_bytes_raw(), range(16)))

    assert len(set(keys)) == 1
    assert [file.name for file in folder.iterdir()] == [KEY_FILE]


def test_only_its_owner_can_read_the_key(tmp_path: Path) -> None:
    signing_key(tmp_path / "secrets")

    assert stat.S_IMODE((tmp_path / "secrets" / KEY_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_file_that_is_no_key_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("no key")

    with pytest.raises(UnusableKey, match=KEY_FILE):
        signing_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "no key"


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    elliptic = generate_private_key(SECP256R1())
    (tmp_path / KEY_FILE).write_bytes(elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(UnusableKey, match="Ed25519"):
        signing_key(tmp_path)


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The example of RFC 8037, appendix A.1 and A.3."""
    secret = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")

    signer = Signer(Ed25519PrivateKey.from_private_bytes(secret), lifetime=900)

    assert signer.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
