"""TREC's questions, classified by what they ask for; the explained inputs are word vectors."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData
from xaiplug_trainers.data.words import embedded
from xaiplug_trainers.sources.files import content_hash, find

__all__ = ["Trec", "question_of"]

_CLASSES = {
    "ABBR": "abbreviation",
    "ENTY": "entity",
    "DESC": "description",
    "HUM": "human",
    "LOC": "location",
    "NUM": "numeric",
}
_FILES = {"train": "train_5500.label", "test": "TREC_10.label"}
_HOW = (
    "Put train_5500.label and TREC_10.label of the TREC question classification data (Li and Roth, 2002) into `trec/` "
    "below data_root or XAIPLUG_DATA."
)
_FIGURE_8 = (1095, 1123, 1106, 1118, 1108, 1096, 1109, 1128, 1111, 1115)
"""Rows of the training file with the questions of Fig. 8 of the IG² paper, in its order."""


@dataclass(frozen=True)
class Trec(TaskData):
    """Word vectors (N,L,D) of questions of at most L = `length` words, padded with zeros; six classes.

    The vectors are drawn by spelling (`words.py`), not learnt. `val` is the first tenth of the training file.
    `extras`: `text` (N,T) uint8, each question's words as UTF-8, padded with 0 (`question_of` reads it back), `words`
    (N,) their number, `figure_8` (N,) the place of a question in Fig. 8 of the IG² paper, from 1, else 0.
    """

    data_root: str | None = None
    dimensions: int = 300
    length: int = 37

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    @property
    def geometry(self) -> Geometry:
        return Geometry(shape=(self.length, self.dimensions), outputs=len(_CLASSES))

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(_CLASSES.values())

    def source_identity(self) -> str:
        return f"trec-{content_hash(*(self._file(part) for part in _FILES))}"

    def load(self, split: str) -> Samples:
        part = "test" if split == "test" else "train"
        labels, questions = _read(self._file(part))
        dev = len(labels) // 10
        rows = {"train": range(dev, len(labels)), "val": range(dev)}.get(split, range(len(labels)))
        chosen = [questions[row] for row in rows]
        places = {row: place for place, row in enumerate(_FIGURE_8, start=1)} if part == "train" else {}
        return Samples(
            inputs=torch.from_numpy(embedded(chosen, self.length, self.dimensions)),
            labels=torch.tensor([labels[row] for row in rows]),
            ids=tuple(f"trec-{part}-{row}" for row in rows),
            extras={
                "text": _as_bytes(chosen),
                "words": torch.tensor([min(self.length, len(words)) for words in chosen]),
                "figure_8": torch.tensor([places.get(row, 0) for row in rows]),
            },
        )

    def _file(self, part: str) -> Path:
        name = _FILES[part]
        return find(f"TREC's {name}", (f"trec/{name}", name), self.data_root, _HOW)


def question_of(text: torch.Tensor) -> list[str]:
    """The words of one row (T,) of `extras["text"]`."""
    return bytes(text.tolist()).rstrip(b"\0").decode().split(" ")


def _read(path: Path) -> tuple[list[int], list[list[str]]]:
    """Classes and words of a file of lines `COARSE:fine question`."""
    labels, questions = [], []
    names = list(_CLASSES)
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines(), start=1):
        kind, _, question = line.partition(" ")
        coarse = kind.partition(":")[0]
        if coarse not in names or not question.strip():
            raise DataError(f"{path}:{number}: no line `COARSE:fine question` (classes: {', '.join(names)}). {_HOW}")
        labels.append(names.index(coarse))
        questions.append(question.split())
    return labels, questions


def _as_bytes(questions: list[list[str]]) -> torch.Tensor:
    """(N,T) uint8."""
    lines = [" ".join(words).encode() for words in questions]
    held = np.zeros((len(lines), max(map(len, lines), default=0)), dtype=np.uint8)
    for row, line in zip(held, lines, strict=True):
        row[: len(line)] = np.frombuffer(line, dtype=np.uint8)
    return torch.from_numpy(held)
