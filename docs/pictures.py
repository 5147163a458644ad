"""The pictures of the pages: `make pictures` follows every page that shows one, and keeps what it draws."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PAGES = ("start.md", "learn/photo.md", "learn/moxi.md", "learn/hsets.md")


def main() -> None:
    kept = HERE / "pictures"
    kept.mkdir(exist_ok=True)
    for page in sys.argv[1:] or PAGES:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, HERE / "follow.py", HERE / page, "--to", folder], check=True)
            for picture in sorted(Path(folder).glob("*.png")):
                shutil.copy(picture, kept / picture.name)
                print(f"{kept / picture.name}: {picture.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
