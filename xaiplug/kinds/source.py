"""What sources of models and of data have in common: a reference `scheme:name`, and parameters.

The scheme is the source's own name. Its fields are the parameters it knows; a source that is `open` is also given every
other parameter, to hand on (to a constructor, a task, a callable).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from xaiplug.errors import Problem
from xaiplug.kinds.base import Component


class Source(Component):
    """Something that is named by a reference."""

    open: ClassVar[bool] = False
    """True: parameters that are no fields reach the method as further keywords; else they are an error."""
    names: ClassVar[str] = ""
    """What a name is the path of, "file" or "folder", where it is one.

    A run file looks for such a path beside itself, then in the working directory.
    """
    elsewhere: ClassVar[bool] = False
    """True: a name that is no path that is there means something else, as a name of a hub."""
    paths: ClassVar[Collection[str]] = ()
    """Parameters that may be paths, looked for likewise."""
    example: ClassVar[str] = "..."
    """What a name looks like, for messages."""

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        """What is wrong with a name and further parameters, as far as a short look tells; loads nothing.

        Paths of a problem: `("use",)`, `("params", "steps")`, `("split",)`.
        """
        return ()

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        """A name and parameters that can be loaded here and now; files that this takes are written into `folder`.

        The conformance kit loads it; it is the same every time. None: the kit cannot try this source.

        Raises:
            UnavailableError: what this machine lacks.
        """
        return None
