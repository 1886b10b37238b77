"""Apache Kafka's jars from Maven Central, each checked against our own sum.

Run as ``python -m codex_tools.stack.jars CACHE``.
"""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

KAFKA = "4.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One artifact by its coordinates, and the SHA-256 (hex) of its file."""

    group: str
    artifact: str
    version: str
    sum: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def pinned() -> tuple[Jar, ...]:
    """Every jar that a broker loads. All are listed, so nothing is left for a resolver to decide."""
    lines = files("codex_tools.stack").joinpath("kafka-jars.sha256").read_text(encoding="utf-8").splitlines()
    return tuple(_parse(line) for line in lines)


def _parse(line: str) -> Jar:
    digest, coordinates = line.split()
    group, artifact, version = coordinates.split(":")
    return Jar(group=group, artifact=artifact, version=version, sum=digest)


def folder(cache: Path) -> Path:
    return cache / f"kafka-{KAFKA}"


def fetch(cache: Path) -> None:
    """Put all jars into the cache, all at once or none.

    Raises:
        OSError: a jar can't be had, or the disk is full.
        ValueError: a jar is not the one we know.
    """
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".kafka-", dir=cache))
    try:
        _fill(draft)
        for jar in pinned():
            _verify(draft / "jars" / jar.file_name, jar)
        shutil.rmtree(draft / "repository", ignore_errors=True)
        _publish(draft / "jars", folder(cache))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(draft: Path) -> None:
    (draft / "jars").mkdir()
    try:
        _with_jgo(draft)
    except Exception as error:
        if shutil.which("mvn") is None:
            raise
        print(f"jgo: {error}; trying mvn", file=sys.stderr)  # noqa: T201  (this program's output is its log)
        _with_maven(draft)


def _with_jgo(draft: Path) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415  (half a second, needed for a download only)

    context = MavenContext(repo_cache=draft / "repository", local_repos=[], timeout=30)

    def one(jar: Jar) -> None:
        artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
        artifact.resolve().replace(draft / "jars" / jar.file_name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, pinned()))


def _with_maven(draft: Path) -> None:
    _write_project(draft / "pom.xml")
    argv = [
        "mvn", "--batch-mode", "--quiet", f"-Dmaven.repo.local={draft / 'repository'}",
        "dependency:copy-dependencies", f"-DoutputDirectory={draft / 'jars'}",
    ]  # fmt: skip
    subprocess.run(argv, cwd=draft, check=True, timeout=600)  # noqa: S603  (our own argv)


def _write_project(file: Path) -> None:
    """A Maven project that depends on exactly our jars."""
    nothing_else = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
    dependencies = "".join(
        f"<dependency><groupId>{jar.group}</groupId><artifactId>{jar.artifact}</artifactId>"
        f"<version>{jar.version}</version>{nothing_else}</dependency>"
        for jar in pinned()
    )
    head = (
        "<modelVersion>4.0.0</modelVersion><groupId>codex</groupId><artifactId>kafka</artifactId><version>1</version>"
    )
    file.write_text(f"<project>{head}<dependencies>{dependencies}</dependencies></project>", encoding="utf-8")


def _verify(file: Path, jar: Jar) -> None:
    if sha256(file.read_bytes()).hexdigest() != jar.sum:
        raise ValueError(f"{jar.file_name} is not the file we know: its SHA-256 sum differs")


def _publish(jars: Path, target: Path) -> None:
    try:
        jars.rename(target)
    except OSError:
        if not target.exists():
            raise


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
