"""What a slot has on this machine besides its processes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from codex_code_execution.sandbox.cgroups import SlotGroups, open_groups
from codex_code_execution.sandbox.config import HostConfig
from codex_code_execution.sandbox.folders import SlotFolders


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """A slot's memory group, if there are any, and its folder, if it has no namespaces."""

    group: Path | None = None
    folder: Path | None = None

    @property
    def arguments(self) -> list[str]:
        """How the runner is told."""
        words = (("--cgroup", self.group), ("--landlock", self.folder))
        return [word for name, path in words if path for word in (name, str(path))]


class Storage:
    """Makes what slots need before they start, and removes it after they ended."""

    def __init__(self, groups: SlotGroups | None, folders: SlotFolders) -> None:
        self._groups = groups
        self._folders = folders

    @classmethod
    async def open(cls, config: HostConfig) -> "Storage":
        """Find out what there can be, and remove what killed services left."""
        folders = SlotFolders(config.uid)
        await asyncio.to_thread(folders.sweep)
        return cls(await asyncio.to_thread(open_groups, config.cgroup), folders)

    @property
    def has_groups(self) -> bool:
        """Whether slots get memory groups."""
        return self._groups is not None

    async def make(self, *, folder: bool) -> Belongings:
        """What one slot needs; a ``folder`` if it will have no namespaces."""
        return Belongings(
            group=await asyncio.to_thread(self._groups.make) if self._groups else None,
            folder=await asyncio.to_thread(self._folders.make) if folder else None,
        )

    async def remove(self, belongings: Belongings) -> None:
        """Remove it all, once no process of the slot is left."""
        if belongings.group and self._groups:
            await asyncio.to_thread(self._groups.remove, belongings.group)
        if belongings.folder:
            await asyncio.to_thread(self._folders.remove, belongings.folder)
