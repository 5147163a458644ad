"""Write the README's list of components that are another library's own code. `make homes` runs it."""

from __future__ import annotations

from pathlib import Path

from xaiplug.registry import Registry, discover

FILE = Path(__file__).resolve().parents[1] / "README.md"
WHEELS = {"captum": "captum", "gradcam": "grad-cam", "quantus": "Quantus", "shapiq": "shapiq"}
"""Plug-in, which is also what its names begin with -> the library."""
MARKS = ("<!-- borrowed -->\n", "<!-- /borrowed -->")


def table(found: Registry) -> str:
    """A line a library: what it offers here, by name."""
    lines = ["| library | plug-in | explainers and metrics |", "|---|---|---|"]
    for plugin, library in WHEELS.items():
        entries = sorted((e for e in found.entries if e.plugin.name == plugin), key=lambda e: e.spec.name)
        names = ", ".join(f"`{e.spec.name}`" for e in entries if e.spec.name.startswith(f"{plugin}-"))
        if names:
            lines.append(f"| {library} | [{plugin}](plugins/{plugin}) | {names} |")
    return "\n".join(lines) + "\n"


def written(text: str, found: Registry) -> str:
    """The README with the list as it is now."""
    before, rest = text.split(MARKS[0])
    return f"{before}{MARKS[0]}{table(found)}{MARKS[1]}{rest.split(MARKS[1], 1)[1]}"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8"), discover()), encoding="utf-8")
    print(f"{FILE}: written")
