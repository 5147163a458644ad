"""Files that a run file names: looked for beside it, then in the working directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from xaiplug.config.marks import Key
from xaiplug.config.schema import DataEntry, ModelEntry, RunFile
from xaiplug.errors import ComponentError, Problem, XaiplugError
from xaiplug.sources.references import opened, scheme_of


class Places:
    """Resolves and checks references; collects what is wrong."""

    def __init__(self, beside: Path, root: Path) -> None:
        self.bases = [beside, root]
        self.root = root
        self.problems: list[Problem] = []

    def resolved(self, file: RunFile) -> RunFile:
        """With the paths of models and data relative to the working directory; `problems` says what is wrong.

        Their sources may come from the plug-ins that the run file names, so those are loaded first.
        """
        models = {name: self._model(("models", name), entry) for name, entry in file.models.items()}
        data = {name: self._data(("data", name), entry) for name, entry in file.data.items()}
        pool = None if file.pool is None else self._data(("pool",), file.pool)
        return file.model_copy(update={"models": models, "data": data, "pool": pool})

    def plugins(self, file: RunFile) -> RunFile:
        """The run file with the paths of its plug-in files."""
        files = [
            self.located(path, ("plugins", "files", i), "Python file") for i, path in enumerate(file.plugins.files)
        ]
        return file.model_copy(update={"plugins": file.plugins.model_copy(update={"files": files})})

    def located(self, text: str, path: Key, what: str) -> str:
        """The path of an existing file or folder, relative to the working directory where it is below it."""
        for base in self.bases:
            candidate = (base / text).resolve()
            if _is_there(candidate):
                below = candidate.is_relative_to(self.root.resolve())
                return str(candidate.relative_to(self.root.resolve()) if below else candidate)
        looked = " and in ".join(dict.fromkeys(str(base) for base in self.bases))
        self.problems.append(Problem(path, f"no {what} '{text}' (looked in {looked})"))
        return text

    def _there(self, text: str) -> bool:
        return any(_is_there(base / text) for base in self.bases)

    def _model(self, path: Key, entry: ModelEntry) -> ModelEntry:
        return entry.model_copy(update=self._sourced("model-source", path, entry.use, entry.params))

    def _data(self, path: Key, entry: DataEntry) -> DataEntry:
        return entry.model_copy(update=self._sourced("data-source", path, entry.use, entry.params, entry.split))

    def _sourced(
        self, kind: str, path: Key, use: str, params: dict[str, Any], split: str | None = None
    ) -> dict[str, Any]:
        """What a reference and its parameters are when paths are found; what its source says is wrong is a problem."""
        try:
            found = opened(kind, use, params)
        except ComponentError as error:
            problems = error.problems or (Problem((), str(error)),)
            self.problems.extend(Problem((*path, "params", *problem.path), problem.message) for problem in problems)
            return {}
        except XaiplugError as error:
            self.problems.append(Problem((*path, "use"), str(error)))
            return {}
        source = found.source
        if source.open:  # what is handed on may name modules
            sys.path.extend(str(base) for base in self.bases if str(base) not in sys.path)
        located = {
            key: self.located(value, (*path, "params", key), "file or folder")
            for key, value in params.items()
            if key in source.paths and isinstance(value, str) and ("/" in value or "." in value)
        }
        if source.names and not (source.elsewhere and not self._there(found.name)):
            use = f"{scheme_of(kind, use)}:{self.located(found.name, (*path, 'use'), source.names)}"
        wrong = source.problems(found.name, found.further, split)
        self.problems.extend(Problem((*path, *problem.path), problem.message) for problem in wrong)
        return {"use": use, "params": params | located}


def _is_there(path: Path) -> bool:
    """False also for what is no path at all: too long, or with a NUL."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
