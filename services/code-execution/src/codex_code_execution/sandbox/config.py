"""What a sandbox is made of."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """How programs are isolated on this machine.

    ``runner`` is the built runner (see ``build.py``), ``work_dir`` keeps compiled programs between jobs. ``python`` is
    the interpreter of judged programs; None takes the first one that the slots' user may read. A slot is replaced after
    ``recycle_after`` jobs. ``uid`` is who slots are when the service is root. ``binds`` are further paths (toolchains)
    that programs may read. ``cgroup`` is a group, of cgroup v2 or of v1's memory controller, below which slots may have
    theirs; without it the service's own is taken if that was delegated to it. ``allow_weak`` tolerates what a slot lets
    through in its self-test; then nothing but resource limits is promised.
    """

    runner: Path
    work_dir: Path
    slots: int = 2
    python: Path | None = None
    recycle_after: int = 2000
    uid: int = 65534
    binds: tuple[Path, ...] = ()
    cgroup: Path | None = None
    allow_weak: bool = False
