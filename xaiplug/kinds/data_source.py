"""Data sources: a reference `scheme:name` to samples. `xaiplug.load_data` and `data:` of a run file ask them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from xaiplug.errors import DataError
from xaiplug.kinds.source import Source

if TYPE_CHECKING:
    from xaiplug.data.samples import Samples


class DataSource(Source):
    """Finds or makes samples by name."""

    kind = "data-source"

    @abstractmethod
    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        """The samples called `name`, what follows the scheme, in an order that does not change.

        Args:
            split: which part; None = the source's own default.
            limit: no more than the first so many; a source that can should read no others.

        Raises:
            DataError: nothing there, an unknown split, or a file that cannot be read.
        """

    def read(self, loaded: Samples, name: str, limit: int | None) -> Samples:
        """What `load` gave, checked, and cut to `limit`.

        Raises:
            DataError: no `Samples`.
        """
        from xaiplug.data.samples import Samples

        if not isinstance(loaded, Samples):
            raise DataError(f"{self.told}: '{name}' gave {type(loaded).__name__}; expected xaiplug.Samples")
        return loaded if limit is None or len(loaded) <= limit else loaded[:limit]
