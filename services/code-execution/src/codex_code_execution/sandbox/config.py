"""What a sandbox is made of."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """What is alike wherever slots are.

    ``work_dir`` keeps compiled programs between jobs. ``python`` is the interpreter of judged programs, as slots see
    it; None takes the first one that they may read. A slot is replaced after ``recycle_after`` jobs. ``allow_weak``
    tolerates what a slot lets through in its self-test; then nothing but resource limits is promised.
    """

    work_dir: Path
    python: Path | None = None
    recycle_after: int = 2000
    allow_weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig(SandboxConfig):
    """Slots that are processes of this machine.

    ``runner`` is the built runner (see ``build.py``). ``uid`` is who slots are when the service is root. ``binds`` are
    further paths (toolchains) that programs may read. ``cgroup`` is a group, of cgroup v2 or of v1's memory controller,
    below which slots may have theirs; without it the service's own is taken if that was delegated to it.
    """

    runner: Path
    slots: int = 2
    uid: int = 65534
    binds: tuple[Path, ...] = ()
    cgroup: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticConfig(SandboxConfig):
    """Slots that somebody else started: a runner listens at every ``*.sock`` in the folder ``sockets``.

    They must be of one image, as the first is asked what it can run. It is waited for, ``patience`` seconds at most.
    """

    sockets: Path
    patience: float = 60.0
