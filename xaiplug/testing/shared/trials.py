"""Sources of models and of data: something to load from each, and the checks that both have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xaiplug.api import loaded
from xaiplug.data.samples import Samples
from xaiplug.errors import XaiplugError
from xaiplug.kinds import DataSource, ModelSource, Source
from xaiplug.model.adapter import Model
from xaiplug.testing.shared.types import Skip, Violation, check

UNKNOWN = "no-such-name-anywhere"


@dataclass(frozen=True)
class Trial:
    """A source, made with the parameters of its trial that it knows, and what it is asked for."""

    source: Any
    name: str
    further: dict[str, Any]

    def model(self) -> Model:
        """The model of a model source, as `xaiplug.load_model` gives it."""
        return loaded(self.source, self.name, self.further)

    def samples(self, *, split: str | None = None, limit: int | None = None) -> Samples:
        """The samples of a data source, as `xaiplug.load_data` gives them."""
        found = self.source.load(self.name, split=split, limit=limit, **self.further)
        return self.source.read(found, self.name, limit)  # type: ignore[no-any-return]

    def fingerprint(self) -> str:
        """Of what it loads."""
        return self.model().fingerprint() if isinstance(self.source, ModelSource) else self.samples().fingerprint()

    def named(self, name: str) -> Trial:
        """The same of another name."""
        return Trial(self.source, name, self.further)


@contextmanager
def trial(source: Source) -> Iterator[Trial]:
    """Something to load from a source; files that it takes are in a folder that goes afterwards.

    Raises:
        Skip: the source has nothing for the kit to try.
    """
    with TemporaryDirectory() as folder:
        found = source.trial(Path(folder))
        if found is None:
            raise Skip("its `trial` has nothing to load: the kit cannot try it")
        name, params = found
        known = {field.name for field in fields(source)}
        own = {key: value for key, value in params.items() if key in known}
        made = type(source)(**{**source.params(), **own}) if own else source
        object.__setattr__(made, "origin", source.origin)
        yield Trial(made, name, {key: value for key, value in params.items() if key not in known})


def outcome(source: Source, original: Source) -> str:
    """The fingerprint of what a source loads."""
    with trial(source) as tried:
        return tried.fingerprint()


@check("unknown-name")
def unknown_name(source: Source) -> None:
    """A name that there is not is an error of xaiplug's that names it."""
    with trial(source) as tried:
        try:
            tried.named(UNKNOWN).fingerprint()
        except XaiplugError as error:
            if UNKNOWN not in str(error):
                raise Violation(f"there is no '{UNKNOWN}', and the message does not name it: {error}") from error
        except Exception as error:
            what = "DataError" if isinstance(source, DataSource) else "ModelError"
            raise Violation(f"raised {type(error).__name__}: {error}; expected xaiplug.errors.{what}") from error
        else:
            raise Violation(f"gave something for '{UNKNOWN}'")


@check("problems-hold")
def problems_hold(source: Source) -> None:
    """`problems` finds nothing wrong with what can be loaded."""
    with trial(source) as tried:
        found = list(tried.source.problems(tried.name, tried.further))
        tried.fingerprint()
    if found:
        raise Violation(f"'{tried.name}' can be loaded, and its problems are: {'; '.join(map(str, found))}")
