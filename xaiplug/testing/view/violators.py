"""Broken views."""

from __future__ import annotations

from pathlib import Path

import torch

from xaiplug.data.study import Study
from xaiplug.testing.shared.violator import made, violator
from xaiplug.testing.view.examples import Page, Table


class WantsResults(Table):
    """Has nothing to show of an empty study, and says so by an error."""

    def text(self, study: Study) -> str:
        if study.results.empty:
            raise ValueError("nothing to show")
        return super().text(study)


class SaysAnother(Table):
    """Gives the path of a file that it did not write."""

    def write(self, study: Study, folder: Path) -> Path:
        return super().write(study, folder).with_suffix(".html")


class WritesBeside(Table):
    """Keeps a copy outside of the folder."""

    def write(self, study: Study, folder: Path) -> Path:
        path = super().write(study, folder)
        (folder.parent / "latest.csv").write_bytes(path.read_bytes())
        return path


class ClearsTheFolder(Table):
    """Removes what is in the folder first."""

    def write(self, study: Study, folder: Path) -> Path:
        for path in folder.glob("*.parquet"):
            path.unlink()
        return super().write(study, folder)


class LeavesTemporary(Table):
    """Writes a file beside, and copies it into place."""

    def write(self, study: Study, folder: Path) -> Path:
        path = super().write(study, folder)
        path.with_suffix(".tmp").write_bytes(path.read_bytes())
        return path


class Numbered(Table):
    """A name that nobody used yet, each time."""

    def write(self, study: Study, folder: Path) -> Path:
        path = super().write(study, folder)
        return path.rename(path.with_stem(f"means-{sum(1 for _ in folder.glob('means*'))}"))


class Dated(Table):
    """Says when it was written, more or less."""

    def text(self, study: Study) -> str:
        return f"{super().text(study)}written,{next(made)}\n"


class DrawsGlobally(Table):
    """Estimates its means from draws of the global random state, which it seeds."""

    def text(self, study: Study) -> str:
        torch.manual_seed(0)
        return f"{super().text(study)}{float(torch.rand(1)):.3f}\n"


class SortsInPlace(Table):
    """Puts the results in order for itself, and for everybody."""

    def text(self, study: Study) -> str:
        study.results.sort_values("value", inplace=True)
        return super().text(study)


class Trusting(Page):
    """Takes every name for text."""

    def shown(self, text: str) -> str:
        return text


class RawError(Table):
    """Lets the system's own error through."""

    def write(self, study: Study, folder: Path) -> Path:
        path = Path(folder) / self.file
        path.write_text(self.text(study), encoding="utf-8")
        return path


class MakesRoom(Table):
    """Removes a file that stands in the folder's place."""

    def write(self, study: Study, folder: Path) -> Path:
        if folder.is_file():
            folder.unlink()
        return super().write(study, folder)


class CannotPickle(Table):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds a connection to a tracker")


class HiddenState(Table):
    """What it writes depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def text(self, study: Study) -> str:
        return f"{super().text(study)}{self.count}\n"  # type: ignore[attr-defined]


VIOLATORS = (
    violator("writes", WantsResults()),
    violator("writes", SaysAnother()),
    violator("nothing-else", WritesBeside()),
    violator("nothing-else", ClearsTheFolder()),
    violator("no-temporary", LeavesTemporary()),
    violator("no-temporary", Numbered()),
    violator("same-bytes", Dated(), "pickles", "params-round-trip"),
    violator("global-rng-untouched", DrawsGlobally()),
    violator("study-untouched", SortsInPlace()),
    violator("escaped", Trusting()),
    violator("no-folder", RawError()),
    violator("no-folder", MakesRoom()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
