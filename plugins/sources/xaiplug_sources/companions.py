"""Files that belong to photos: masks, boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xaiplug.errors import DataError


@dataclass(frozen=True, eq=False)
class Companions:
    """Files of a folder by the photos they belong to.

    Args:
        what: "mask" or "boxes", for messages.
        folder: of the files. photos: the folder of the photos. files: the photos.
        suffixes: of the files. endings: what their names may add to those of the photos.

    Raises:
        DataError: no such folder.
    """

    what: str
    folder: Path
    photos: Path
    files: Sequence[Path]
    suffixes: Collection[str]
    endings: Sequence[str] = ("",)
    _by_path: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    _by_stem: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    _photos: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise DataError(f"no folder {self.folder} with the {self.what} of the photos in {self.photos}")
        for photo in self.files:
            self._photos[photo.stem].append(photo)
        for path in sorted(self.folder.glob("**/*")):
            below = path.relative_to(self.folder)
            hidden = any(part.startswith(".") for part in below.parts)
            if not hidden and path.suffix.lower() in self.suffixes and path.is_file():
                self._by_path[below.with_suffix("").as_posix()].append(path)
                self._by_stem[path.stem].append(path)

    def of(self, photo: Path) -> Path:
        """The file with the photo's path below the folder, else the one with its name.

        Raises:
            DataError: there is none, there are several, or other photos have the same name.
        """
        below = photo.relative_to(self.photos).with_suffix("").as_posix()
        at_path = self._called(self._by_path, below, photo)
        found = at_path or self._called(self._by_stem, photo.stem, photo)
        if not found:
            looked = " and ".join(dict.fromkeys((below, photo.stem)))
            raise DataError(f"no {self.what} of {photo} in {self.folder} (looked for {looked})")
        if len(found) > 1:
            raise DataError(f"{photo} has {self.what} in each of {', '.join(map(str, found))}; keep one")
        same = self._photos[photo.stem]
        if not at_path and len(same) > 1:
            others = ", ".join(map(str, same))
            where = self.folder / f"{below}{found[0].suffix}"
            raise DataError(f"{found[0]} could be the {self.what} of each of {others}; put it at {where}")
        return found[0]

    def _called(self, known: dict[str, list[Path]], name: str, photo: Path) -> list[Path]:
        return [path for end in self.endings for path in known.get(name + end, ()) if path.resolve() != photo.resolve()]
