"""The HTML report: one file that needs nothing else."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.view import sections, svg
from xaiplug.view.beside import beside
from xaiplug.view.colours import signed_palette
from xaiplug.view.disputed import sample_tables
from xaiplug.view.gallery import wall
from xaiplug.view.numbers import number


def write_report(study: Study, path: Path) -> Path:
    """Write `study` as one self-contained HTML file, whole or not at all; returns its path.

    It asks the network for nothing, reads without script, and is the same bytes for the same study. The pictures of a
    page that would be larger than `LARGEST` lie in a folder beside it, and are loaded when they are seen.

    Raises:
        StoreError: the folder cannot be written.
    """
    path = Path(path)
    page, pictures = beside(render(study), f"{path.stem}-pictures")
    for name, picture in pictures.items():
        write_atomically(path.parent / name, lambda temporary, picture=picture: temporary.write_bytes(picture))
    return write_atomically(path, lambda temporary: temporary.write_text(page, encoding="utf-8", newline="\n"))


def render(study: Study) -> str:
    """The report as text."""
    return template("report.html.j2").render(
        study=study,
        facts=sections.facts(study),
        tables=sections.leaderboard_tables(study),
        samples=sample_tables(study),
        curves=sections.curve_figures(study),
        walls=[wall(panel) for panel in study.gallery if panel.maps and len(panel.inputs)],
        colour_bar=svg.colour_bar(),
        palette=bytes(signed_palette()).hex(),
        number=number,
        finite=lambda value: value if math.isfinite(value) else None,
        expenses=sections.expenses(study),
        measuring=sections.measuring(study),
        failures=sections.failures(study),
        citations=sections.citations(study),
    )


@cache
def template(name: str) -> Template:
    """One of the pages; whatever is put into it is escaped."""
    loader = PackageLoader("xaiplug.view")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
