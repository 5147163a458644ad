"""Small studies for a view: full, empty, with failures, with names that mean something in HTML, Markdown or CSV."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.study import RESULTS_COLUMNS, TIMINGS_COLUMNS, Curve, Panel, Study
from xaiplug.data.target import Target
from xaiplug.kinds import StudyView

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>')
"""What must not reach a page as it is."""


def full(*, names: tuple[str, str] = ("gradient", "smooth"), model: str = "net", data: str = "digits") -> Study:
    """Two explainers, a metric whose high values are good and one whose low ones are, four samples, two seeds."""
    metrics = {f"mass of {names[0]}": "higher", "deletion": "lower"}
    draw = torch.Generator().manual_seed(0)
    rows = [
        (model, data, explainer, "grid", "", "", "", metric, seed, sample, f"{data}-{sample}", value, better, "")
        for explainer in names
        for metric, better in metrics.items()
        for seed in (0, 1)
        for sample, value in enumerate(torch.rand(4, generator=draw).tolist())
    ]
    costs = [(model, data, explainer, "grid", "", "", "", 0, 4, 4, 0.25, float("nan")) for explainer in names]
    steps = torch.linspace(0, 1, 5)
    inputs = torch.rand(2, 3, 8, 8, generator=draw)
    labels = torch.tensor([0, 1])
    maps = {name: Explanation(torch.randn(2, 3, 8, 8, generator=draw), "input", Target(labels)) for name in names}
    relevant = torch.zeros(2, 8, 8, dtype=torch.bool)
    relevant[:, :4] = True
    component = {"kind": "explainer", "plugin": "kit", "distribution": "xaiplug-kit", "version": "1", "bibtex": ""}
    return Study(
        "kit",
        "version: 1\nname: kit\n",
        pd.DataFrame(rows, columns=list(RESULTS_COLUMNS)),
        pd.DataFrame(costs, columns=list(TIMINGS_COLUMNS)),
        [Curve(model, data, name, "deletion", 0, steps, torch.rand(4, 5, generator=draw)) for name in names],
        [Panel(model, data, inputs, relevant, labels, labels.flip(0), names, ("0", "1"), maps)],
        [component | {"name": name, "summary": f"What {name} does."} for name in names],
        machine={"device": "cpu"},
    )


def empty() -> Study:
    """A run of which nothing is finished."""
    return Study("kit", "", pd.DataFrame(columns=list(RESULTS_COLUMNS)), pd.DataFrame(columns=list(TIMINGS_COLUMNS)))


def failing() -> Study:
    """A run of which a part failed."""
    return dataclasses.replace(full(), failures=[{"cell": "explain net digits smooth", "error": "no memory left"}])


def hostile() -> Study:
    """Every name and text is written by somebody who wishes us ill, or has a taste for punctuation."""
    script, image = HOSTILE
    named = full(names=(script, f"a|b, 'c'\n{image}"), model=image, data=f"{script} | _x_")
    failures = [{"cell": script, "error": f"{image}\nand | more"}]
    provenance = [entry | {"summary": image, "bibtex": script, "version": image} for entry in named.provenance]
    changes: dict[str, Any] = {"name": script, "config": f"name: {script}\n", "machine": {script: image}}
    return dataclasses.replace(named, failures=failures, provenance=provenance, **changes)


STUDIES = {"full": full, "empty": empty, "failing": failing, "hostile": hostile}
"""What they are -> how to make them anew."""


@dataclass(frozen=True)
class Place:
    """The folder of a run, with its results in it, and one beside it."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "run"

    def files(self) -> dict[str, bytes]:
        """Every file there is, from the root, with its bytes."""
        found = sorted(path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}


@contextmanager
def place() -> Iterator[Place]:
    """A place of its own, gone afterwards."""
    with TemporaryDirectory() as root:
        made = Place(Path(root).resolve())
        for folder in ("run", "other"):
            (made.root / folder).mkdir()
            (made.root / folder / "results.parquet").write_bytes(b"of the run itself")
        yield made


def written(view: StudyView, study: Study) -> dict[str, bytes]:
    """What a view writes of a study: path in its folder -> bytes."""
    with place() as made:
        before = made.files()
        view.write(study, made.folder)
        return {path: text for path, text in made.files().items() if path not in before}


def content(study: Study) -> str:
    """All that is in a study, as text: two studies are equal iff these are."""
    return json.dumps(_plain(study))


def _plain(value: Any) -> Any:
    match value:
        case pd.DataFrame():
            return [list(value.columns), list(map(str, value.index)), value.to_csv()]
        case Tensor():
            return [str(value.dtype), list(value.shape), value.nan_to_num(123.5).tolist()]
        case dict():
            return [[str(key), _plain(item)] for key, item in value.items()]
        case list() | tuple():
            return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
    return repr(value)


def outcome(view: StudyView, original: StudyView) -> dict[str, bytes]:
    """What a view writes of the full study."""
    return written(view, full())
