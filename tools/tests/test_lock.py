"""What the lock file holds."""

from codex_tools.lock import versions
from codex_tools.stack.home import REPOSITORY

_LOCK = (REPOSITORY / "requirements.lock").read_text()


def test_a_locks_versions_are_read_without_hashes_and_with_markers() -> None:
    pins = ("aiokafka==0.14.0", "colorama==0.4.6 ; sys_platform == 'win32'")
    lock = "".join(f"{pin} \\\n    --hash=sha256:00\n    # via codex\n" for pin in pins)
    assert versions(lock) == list(pins)


def test_every_package_is_pinned_with_hashes_and_no_address_is_named() -> None:
    assert len(versions(_LOCK)) > 50
    assert all("==" in version for version in versions(_LOCK))
    assert _LOCK.count(" \\\n    --hash=") >= len(versions(_LOCK))
    assert "://" not in _LOCK
    assert "secantusdb" not in _LOCK
