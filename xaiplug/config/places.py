"""Files that a run file names: looked for beside it, then in the working directory."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xaiplug.config.marks import Key
from xaiplug.config.schema import DataEntry, ModelEntry, RunFile
from xaiplug.errors import Problem, XaiplugError, did_you_mean, listing
from xaiplug.tasks import find_task

FILE_SCHEMES = {"file", "folder"}
LIBRARIES = {"torchvision", "timm"}
PATH_PARAMS = {"masks", "boxes", "classes", "weights"}


class Places:
    """Resolves and checks references; collects what is wrong."""

    def __init__(self, beside: Path, root: Path) -> None:
        self.bases = [beside, root]
        self.root = root
        self.problems: list[Problem] = []

    def resolved(self, file: RunFile) -> RunFile:
        """The run file with every path relative to the working directory; problems are kept in `problems`."""
        models = {name: self._model(("models", name), entry) for name, entry in file.models.items()}
        data = {name: self._data(("data", name), entry) for name, entry in file.data.items()}
        pool = None if file.pool is None else self._data(("pool",), file.pool)
        files = [
            self.located(path, ("plugins", "files", i), "Python file") for i, path in enumerate(file.plugins.files)
        ]
        plugins = file.plugins.model_copy(update={"files": files})
        return file.model_copy(update={"models": models, "data": data, "pool": pool, "plugins": plugins})

    def located(self, text: str, path: Key, what: str) -> str:
        """The path of an existing file or folder, relative to the working directory where it is below it."""
        for base in self.bases:
            candidate = (base / text).resolve()
            if candidate.exists():
                below = candidate.is_relative_to(self.root.resolve())
                return str(candidate.relative_to(self.root.resolve()) if below else candidate)
        looked = " and in ".join(dict.fromkeys(str(base) for base in self.bases))
        self.problems.append(Problem(path, f"no {what} '{text}' (looked in {looked})"))
        return text

    def _model(self, path: Key, entry: ModelEntry) -> ModelEntry:
        scheme, _, rest = entry.use.partition(":")
        used = self._reference(path, entry, "model", "task:..., file:..., torchvision:..., timm:... or module:attr")
        if scheme == "task" and rest:
            self._task(path, rest, entry.params)
        return entry.model_copy(update={"use": used, "params": self._params(path, entry.params)})

    def _data(self, path: Key, entry: DataEntry) -> DataEntry:
        scheme, _, rest = entry.use.partition(":")
        used = self._reference(path, entry, "data", "task:..., folder:... or module:attr")
        if scheme == "task" and rest and (task := self._task(path, rest, entry.params)) and entry.split is not None:
            splits = list(task.splits)
            if entry.split not in splits:
                hint = f"{did_you_mean(entry.split, splits)} (splits: {listing(splits)})"
                self.problems.append(Problem((*path, "split"), f"task '{rest}' has no split '{entry.split}'{hint}"))
        return entry.model_copy(update={"use": used, "params": self._params(path, entry.params)})

    def _reference(self, path: Key, entry: ModelEntry | DataEntry, what: str, known: str) -> str:
        scheme, _, rest = entry.use.partition(":")
        use = (*path, "use")
        if not (scheme and rest):
            self.problems.append(Problem(use, f"'{entry.use}' is no {what} reference; write {known}"))
        elif scheme in FILE_SCHEMES:
            return f"{scheme}:{self.located(rest, use, 'file or folder' if scheme == 'file' else 'folder')}"
        elif scheme in LIBRARIES:
            if find_spec(scheme) is None:
                self.problems.append(Problem(use, f"{scheme} is not installed; pip install {scheme}"))
        elif scheme != "task":
            self._module(use, scheme)
        return entry.use

    def _module(self, path: Key, module: str) -> None:
        for base in self.bases:
            if str(base) not in sys.path:
                sys.path.append(str(base))
        top = module.split(".")[0]
        try:
            missing = find_spec(top) is None
        except (ImportError, ValueError):
            missing = True
        if missing:
            schemes = {*FILE_SCHEMES, *LIBRARIES, "task"}
            self.problems.append(Problem(path, f"no module '{top}'{did_you_mean(top, schemes)}"))

    def _task(self, path: Key, name: str, params: dict[str, Any]) -> Any:
        try:
            task = find_task(name)
        except XaiplugError as error:
            self.problems.append(Problem((*path, "use"), str(error)))
            return None
        try:
            task.key(**params)
        except (XaiplugError, TypeError) as error:
            self.problems.append(Problem((*path, "params"), str(error)))
        return task

    def _params(self, path: Key, params: dict[str, Any]) -> dict[str, Any]:
        named = {
            key: self.located(value, (*path, "params", key), "file or folder")
            for key, value in params.items()
            if key in PATH_PARAMS and isinstance(value, str) and ("/" in value or "." in value)
        }
        return params | named
