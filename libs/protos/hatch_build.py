"""Builds the Python stubs from ``protos/`` whenever this package is built or installed, so that none are committed."""

import re
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "codex_protos"

# In stubs the full module name stands everywhere, in code only behind "from" and "import".
_IMPORT = re.compile(r"((?:from|import) |[\[\s(|])codex\.(?=\w+\.v\d)")


class StubsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs protoc over every contract and moves the result below ``codex_protos``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        contracts = root.parent.parent / "protos"
        out = root / "src" / PACKAGE
        generate(contracts, out)
        build_data["artifacts"].append(f"src/{PACKAGE}/**/*")


def generate(contracts: Path, out: Path) -> None:
    """Write the stubs of all ``*.proto`` below ``contracts`` into the package folder ``out``."""
    from grpc_tools import protoc  # noqa: PLC0415 (a build requirement, not a run-time one)

    staging = out / ".staging"
    staging.mkdir(parents=True, exist_ok=True)
    well_known = resources.files("grpc_tools") / "_proto"
    targets = [f"--{kind}_out={staging}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    plugins = [f"--plugin=protoc-gen-{name}={_plugin(name)}" for name in ("mypy", "mypy_grpc")]
    files = sorted(str(path) for path in contracts.rglob("*.proto"))
    if protoc.main(["protoc", f"-I{contracts}", f"-I{well_known}", *plugins, *targets, *files]):
        sys.exit("protoc failed")
    _adopt(staging / "codex", out)
    shutil.rmtree(staging)


def _plugin(name: str) -> Path:
    """The plugin of this very environment: an isolated build puts it beside its interpreter, not on PATH."""
    beside = Path(sys.executable).parent / f"protoc-gen-{name}"
    return beside if beside.exists() else Path(shutil.which(beside.name) or beside)


def _adopt(tree: Path, out: Path) -> None:
    """Move the generated tree in, with its imports turned from ``codex.`` to ``codex_protos.``."""
    for old in out.iterdir():
        if old.is_dir() and old.name not in {".staging", "__pycache__"}:
            shutil.rmtree(old)
    for source in sorted(tree.rglob("*.py*")):
        target = out / source.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_IMPORT.sub(rf"\1{PACKAGE}.", source.read_text()))
        for folder in (target.parent, *target.parent.parents):
            if folder == out:
                break
            (folder / "__init__.py").touch()
