"""The images that the compose file names: official ones where a registry can be reached, else stand-ins of our own.

A stand-in has the official tag, so that the compose files and the Dockerfile are used as they are. It is told from the
official image by its label.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codex_tools.stack import jars
from codex_tools.stack.environment import caller, for_downloads
from codex_tools.stack.home import REPOSITORY, cache_from
from codex_tools.stack.pinned import find_uv
from tests.compose.commands import finished, run
from tests.observability.obtain import COLLECTOR, LOKI, Missing

BASES = ("debian:trixie-slim", "python:3.13-slim", "ghcr.io/astral-sh/uv:0.13.9")
"""What images are built from, each from those before it."""

_FOLDER = Path(__file__).with_name("images")
_LABEL = "codex.standin"
_PULL, _BUILD = 300, 3600  # seconds for one image


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How an official image is stood in for: by the Dockerfile in ``folder``, which reads ``contexts`` besides.

    ``what`` says in how far it is the real thing.
    """

    what: str
    folder: str
    contexts: Mapping[str, Callable[[], Path]] = field(default_factory=dict)


def obtain(tags: Iterable[str]) -> dict[str, str]:
    """Have an image of each tag, as far as they can be had; what each is, by tag.

    Raises:
        Failed: an image could not be built.
        Missing: something that a build needs is not on this machine.
    """
    wanted = [*BASES, *sorted(set(tags))]
    if not (unofficial := [tag for tag in wanted if not _is_official(tag)]):
        return dict.fromkeys(wanted, "official")
    if _pulled(unofficial[-1]):
        missing = [tag for tag in unofficial[:-1] if not _pulled(tag)]
        return {tag: "official" for tag in wanted if tag not in missing}
    return {tag: "official" if _is_official(tag) else what for tag in wanted if (what := _stood_in(tag))}


def _is_official(tag: str) -> bool:
    return _label(tag) == ""


def _label(tag: str) -> str | None:
    """The label that marks stand-ins; empty for an official image, None where there is no image."""
    template = f'{{{{with .Config.Labels}}}}{{{{index . "{_LABEL}"}}}}{{{{end}}}}'
    found = finished(["docker", "image", "inspect", "--format", template, tag], timeout=60)
    return found.stdout.decode().strip() if found.returncode == 0 else None


def _pulled(tag: str) -> bool:
    return finished(["docker", "pull", "--quiet", tag], timeout=_PULL).returncode == 0


def _stood_in(tag: str) -> str | None:
    """Build what stands in for an image; None for one that nothing of ours is like."""
    if _is_official(tag):
        return "official"
    if tag == BASES[0]:
        return _debian()
    if tag == BASES[2]:
        return _uv(tag)
    name = tag.partition(":")[0]
    if name not in _RECIPES:
        return None
    recipe = _RECIPES[name]
    contexts = [f"--build-context={context}={folder()}" for context, folder in recipe.contexts.items()]
    argv = ["docker", "build", "--quiet", f"--label={_LABEL}=true", f"--tag={tag}", *contexts]
    run([*argv, str(_FOLDER / recipe.folder)], timeout=_BUILD)
    return f"stand-in: {recipe.what}"


def _debian() -> str:
    if _label(BASES[0]) is None:
        run([str(_FOLDER / "debian" / "build.sh")], timeout=_BUILD)
    return "stand-in: Debian's own packages"


def _uv(tag: str) -> str:
    if _label(tag) is None:
        _import_uv(tag)
    return "stand-in: the same version from PyPI"


def _import_uv(tag: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy2(find_uv(cache_from(caller())), Path(folder, "uv"))
        archive = Path(folder, "uv.tar")
        run(["tar", "-C", folder, "-cf", str(archive), "uv"], timeout=60)
        run(["docker", "import", f"--change=LABEL {_LABEL}=true", str(archive), tag], timeout=120)


def _kafka_jars() -> Path:
    cache = cache_from(caller())
    if not jars.folder(cache).exists():
        environment = for_downloads(caller())
        run([sys.executable, "-m", "codex_tools.stack.jars", str(cache)], timeout=900, environment=environment)
    return jars.folder(cache)


def _alone(file: Path) -> Callable[[], Path]:
    """A folder with this file only: builds would otherwise read our .dockerignore and find nothing."""

    def folder() -> Path:
        place = cache_from(caller()) / "build-contexts" / file.name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place / file.name)
        return place

    return folder


_RECIPES: Mapping[str, Recipe] = {
    "python": Recipe(what="Debian's Python 3.13", folder="python"),
    "postgres": Recipe(what="real PostgreSQL 17, Debian's", folder="postgres"),
    "valkey/valkey": Recipe(what="real Valkey 8.1, Debian's", folder="valkey"),
    "apache/kafka": Recipe(
        what="real Apache Kafka 4.1.0, from Maven Central", folder="kafka", contexts={"jars": _kafka_jars}
    ),
    "mongo": Recipe(
        what="secantusdb, which speaks MongoDB's protocol",
        folder="mongo",
        contexts={"lock": _alone(REPOSITORY / "tools/src/codex_tools/stack/secantusdb.lock")},
    ),
    "grafana/tempo": Recipe(
        what="our own trace store, which speaks Tempo's query API",
        folder="tempo",
        contexts={
            "store": lambda: REPOSITORY / "tools/otlp-store",
            "lock": _alone(REPOSITORY / "requirements.lock"),
        },
    ),
    "prom/prometheus": Recipe(what="real Prometheus, Debian's", folder="prometheus"),
    "otel/opentelemetry-collector-contrib": Recipe(
        what="real collector of this version, from its Go modules",
        folder="collector",
        contexts={"program": lambda: COLLECTOR.build().parent},
    ),
    "grafana/loki": Recipe(
        what="real Loki of this version, from its Go module",
        folder="loki",
        contexts={"program": lambda: LOKI.build().parent},
    ),
}

__all__ = ["BASES", "Missing", "obtain"]
