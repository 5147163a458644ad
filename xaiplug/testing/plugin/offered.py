"""What the checks of a plug-in look at: the plug-in, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xaiplug.errors import RegistryError, did_you_mean, listing
from xaiplug.registry import Entry, Plugin, discover, registry


@dataclass(frozen=True, eq=False)
class Offered:
    """A plug-in and what it offers; `file` if it is a single file."""

    plugin: Plugin
    entries: tuple[Entry, ...]
    file: Path | None = None


def offered(name: str) -> Offered:
    """An installed plug-in by its entry-point name, or a plug-in file by its path.

    Raises:
        RegistryError: no such plug-in.
    """
    path = Path(name)
    if path.suffix == ".py":
        found, file, name = discover(only=[path.stem], files=[path]), path, path.stem
    else:
        found, file = registry(), None
    plugins = {entry.plugin.name: entry.plugin for entry in found.entries} | {one.name: one for one in found.failures}
    if name not in plugins:
        raise RegistryError(f"no plug-in '{name}'{did_you_mean(name, plugins)} (installed: {listing(plugins)})")
    return Offered(plugins[name], tuple(entry for entry in found.entries if entry.plugin.name == name), file)
