"""What there is to say of the files of a folder, as one warning."""

from __future__ import annotations

_NAMED = 5


class Notes:
    """Collects lines, and files by what is said of them."""

    def __init__(self, of: str) -> None:
        self.of = of
        self.lines: list[str] = []
        self.files: dict[str, list[str]] = {}

    def add(self, what: str, name: str) -> None:
        """One more file of which `what` is true."""
        self.files.setdefault(what, []).append(name)

    def told(self) -> str:
        """Everything in one text; nothing where there is nothing."""
        lines = list(self.lines)
        for what, names in self.files.items():
            count = "1 photo" if len(names) == 1 else f"{len(names)} photos"
            more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            lines.append(f"{count}: {what} ({', '.join(names[:_NAMED])}{more})")
        return f"{self.of}: " + "; ".join(lines) if lines else ""
