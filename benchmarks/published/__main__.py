"""`python -m benchmarks.published [--only captum,shapiq]`: look at libraries, and write docs/results/published.md.

Peers that no plug-in stands on are in the `bench` extra: `pip install -e .[bench]`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks.published import page
from benchmarks.published.checks import PROPERTIES, find
from benchmarks.published.subjects import Library

LIBRARIES = ("captum", "gradcam", "shapiq", "quantus", "shap", "lime", "saliency")
FOUND = Path(__file__).with_name("found.json")
PAGE = Path(__file__).parents[2] / "docs" / "results" / "published.md"


def looked_at(library: Library) -> dict[str, object]:
    """All that the page says of a library."""
    rows = []
    for subject in library.subjects:
        findings = {name: asdict(find(library, subject, name)) for name in PROPERTIES}
        told = ", ".join(f"{name} {found['verdict']}" for name, found in findings.items())
        print(f"{library.name}, {subject.name}: {told}", flush=True)
        rows.append({"name": subject.name, "ask": subject.ask, "remark": subject.remark, "findings": findings})
    versions = {name: version(name) for name in (*library.distributions, "torch", "numpy")}
    about = {"head": library.head, "arguments": library.arguments, "remark": library.remark}
    return {"name": library.name, **about, "versions": versions, "date": date.today().isoformat(), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help=f"with commas, of {', '.join(LIBRARIES)}")
    wanted = [name.strip() for name in parser.parse_args().only.split(",") if name.strip()] or LIBRARIES
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    known = json.loads(FOUND.read_text()) if FOUND.is_file() else {}
    for name in wanted:
        known[name] = looked_at(importlib.import_module(f"benchmarks.published.of_{name}").LIBRARY)
        FOUND.write_text(json.dumps({name: known[name] for name in LIBRARIES if name in known}, indent=1) + "\n")
    page.write(PAGE, [known[name] for name in LIBRARIES if name in known])


if __name__ == "__main__":
    main()
