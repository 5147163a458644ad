"""A study's curves and galleries as files for a paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Curve, Panel, Study
from xaiplug.view.leaderboard import short_names
from xaiplug.view.names import file_name
from xaiplug.view.plots import plot_curves, plot_methods

DPI = 300


def write_figures(study: Study, folder: Path, *, width: float, samples: int) -> Path:
    """`curves-MODEL-DATA-METRIC.pdf` and `gallery-MODEL-DATA.png` in `folder`; returns it.

    The same bytes for the same study: no file holds the time.

    Args:
        width: of a gallery, in inches.
        samples: rows of a gallery at most.

    Raises:
        StoreError: the folder cannot be written.
    """
    gathered: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in study.curves:
        gathered.setdefault((curve.model, curve.data, curve.metric), []).append(curve)
    for names, curves in gathered.items():
        figure = plot_curves(curves)
        if figure.axes:
            _write(figure, folder / f"{file_name('curves', *names)}.pdf", metadata={"CreationDate": None})
    for panel in study.gallery:
        if panel.maps and len(panel.inputs):
            figure = _gallery(panel, samples)
            tall = figure.get_figheight() * width / figure.get_figwidth()
            figure.set_size_inches(width, tall)
            _write(figure, folder / f"{file_name('gallery', panel.model, panel.data)}.png", dpi=DPI)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _gallery(panel: Panel, samples: int) -> Figure:
    titles = short_names(list(panel.maps))
    return plot_methods(
        {titles[name]: explanation for name, explanation in panel.maps.items()},
        panel.inputs,
        samples=samples,
        relevant=panel.relevant,
        class_names=panel.class_names,
    )


def _write(figure: Figure, path: Path, **options: Any) -> Path:
    form = path.suffix[1:]
    return write_atomically(path, lambda temporary: figure.savefig(temporary, format=form, **options))
