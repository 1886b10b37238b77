"""How images are built."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from sys import executable

import pytest

from codex_tools.stack.home import REPOSITORY
from tests.compose.commands import run

_DOCKERFILE = "deploy/docker/Dockerfile"
_DATE = "--build-arg=SOURCE_DATE_EPOCH=315532800"
_SENT = ("protos", "libs", "services", "deploy/docker", ".dockerignore")


def _build(context: Path, *flags: str) -> str:
    """Build the gateway's image; its id."""
    argv = ["docker", "build", "--quiet", "--target=gateway", _DATE, *flags, f"--file={context / _DOCKERFILE}"]
    return run([*argv, str(context)], timeout=300).strip().splitlines()[-1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what images are built from, which may be changed."""
    for name in _SENT:
        source, target = REPOSITORY / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        else:
            shutil.copyfile(source, target)
    return tmp_path


def test_a_changed_line_of_a_service_is_in_its_image_within_seconds(
    checkout: Path, note: Callable[[str], None]
) -> None:
    before = _layers(_build(checkout))
    file = checkout / "services/gateway/src/codex_gateway/__init__.py"
    file.write_text(file.read_text() + "\n# changed\n")

    began = time.monotonic()
    after = _layers(_build(checkout))
    seconds = time.monotonic() - began

    note(f"an image with one changed line: {seconds:.1f} s")
    assert seconds < 15
    assert after[:-1] == before[:-1]
    assert after[-1] != before[-1]


def test_the_same_sources_make_the_same_image_bit_by_bit(checkout: Path) -> None:
    assert _build(checkout) == _build(checkout, "--no-cache")


def _layers(image: str) -> list[str]:
    found: list[str] = json.loads(run(["docker", "image", "inspect", image], timeout=60))[0]["RootFS"]["Layers"]
    return found


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    assert run([hadolint, _DOCKERFILE], timeout=60) == ""
