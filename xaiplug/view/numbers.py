"""Numbers for people."""

from __future__ import annotations

import math
from collections.abc import Iterable


def places(values: Iterable[float]) -> int:
    """Decimals that tell `values` apart: three digits of their spread.

    >>> places([0.31, 0.92]), places([12.0, 80.0]), places([5.0])
    (3, 1, 2)
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0
    spread = max(finite) - min(finite) or abs(finite[0])
    return min(max(2 - math.floor(math.log10(spread)), 0), 6) if spread else 2


def number(value: float | None, decimals: int, minus: str = "−") -> str:
    """A fixed number of decimals, a real minus sign, scientific where that would lose it; a dash for none.

    >>> number(-0.1234, 2), number(float("nan"), 2), number(1.5e-7, 3)
    ('−0.12', '–', '1.50e−07')
    """
    if value is None or not math.isfinite(value):
        return "–"
    lost = value != 0 and (abs(value) < 0.5 * 10.0**-decimals) and abs(value) < 1e-4
    text = f"{value:.2e}" if lost or abs(value) >= 1e7 else f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", minus)


def short(value: float) -> str:
    """Three digits, for axes and limits.

    >>> short(0.25), short(-1200.0), short(0.0)
    ('0.25', '−1200', '0')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.3g}" if abs(value) < 1000 or abs(value) >= 1e5 else f"{value:.0f}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def whole(value: float) -> str:
    """A count with thin spaces between thousands.

    >>> whole(1234567.0)
    '1\\u202f234\\u202f567'
    """
    return f"{value:,.0f}".replace(",", "\u202f") if math.isfinite(value) else "–"


def duration(seconds: float) -> str:
    """
    >>> duration(0.0042), duration(3.21), duration(75.0), duration(7300.0)
    ('4.2 ms', '3.21 s', '1 min 15 s', '2 h 1 min')
    """
    if not math.isfinite(seconds):
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms" if seconds else "0 s"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = int(seconds // 60)
    return f"{minutes} min {int(seconds % 60)} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def memory(size: float) -> str:
    """
    >>> memory(3 * 2**20), memory(1.5 * 2**30)
    ('3 MiB', '1.5 GiB')
    """
    if not math.isfinite(size):
        return "–"
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"
