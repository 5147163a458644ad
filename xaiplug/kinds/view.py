"""Views of a study: what is written of a run, finished or as far as it got."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from xaiplug.errors import StoreError
from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from xaiplug.data.study import Study


class StudyView(Component):
    """Shows a study: a page, a table for a paper, a log of a tracker."""

    kind = "view"

    @abstractmethod
    def write(self, study: Study, folder: Path) -> Path:
        """Write the view into `folder`, whole or not at all; the path that a reader opens.

        Raises:
            StoreError: the folder cannot be written.
        """

    def read(self, written: Path) -> Path:
        """What `write` gave, checked.

        Raises:
            StoreError: there is nothing at that path.
        """
        if not Path(written).exists():
            raise StoreError(f"{self.told} says that it wrote {written}, and nothing is there")
        return Path(written)
