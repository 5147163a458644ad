"""Pages that are read off the code at every build: plug-ins, the run file, commands, the kit's checks."""

from __future__ import annotations

import shutil
from pathlib import Path

from made import commands, kit, plugins, runfile

FOLDERS = ("plugins", "made")


def write(folder: Path) -> None:
    """Write all of them below `folder`, anew."""
    pages = {
        "made/run-file.md": runfile.page(),
        "made/commands.md": commands.page(),
        "made/kit.md": kit.page(),
        **{f"plugins/{name}.md": text for name, text in plugins.pages().items()},
    }
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
