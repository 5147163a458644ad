"""The README's picture, the page of the demo in a browser: `make demo`, then `python docs/report_picture.py`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "runs" / "decoy" / "report.html"
PICTURE = ROOT / ".github" / "report.png"


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not PAGE.is_file():
        sys.exit(f"this needs Chromium and {PAGE}: make demo")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        page.goto(PAGE.as_uri())
        shots = {name: ROOT / ".github" / f".{name}.png" for name in ("leaderboard", "gallery")}
        for name, path in shots.items():
            page.locator(f"#{name}").screenshot(path=path)
        browser.close()
    parts = [Image.open(path).convert("RGB") for path in shots.values()]
    parts[1] = parts[1].crop((0, 0, parts[1].width, min(parts[1].height, 720)))
    whole = Image.new("RGB", (max(part.width for part in parts), sum(part.height for part in parts) + 40), "white")
    whole.paste(parts[0], (0, 0))
    whole.paste(parts[1], (0, parts[0].height + 40))
    whole.thumbnail((960, 1400))
    whole.quantize(256, Image.Quantize.MAXCOVERAGE).save(PICTURE, optimize=True)
    for path in shots.values():
        path.unlink()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
