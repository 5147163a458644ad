"""One explanation made ready to be drawn, and the ways to draw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import torch
from matplotlib.axes import Axes
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.errors import ComponentError, ShapeError, did_you_mean, listing
from xaiplug.view import drawing
from xaiplug.view.colours import NEGATIVE, POSITIVE
from xaiplug.view.numbers import short
from xaiplug.view.transforms import display_map, rank_map, scaled, set_masks, signed_limit, upsample

Kind = Literal["heat", "overlay", "outline", "sets", "order", "curve", "bars", "words"]
"""heat: the signed map. overlay: the map over the picture, clear where it is zero. outline: the tenth of the positions
that counts most, outlined by sign. sets: the strongest sets. order: when each group was chosen. curve: the score after
each choice, or of what has none the share of all magnitudes in the strongest positions. bars, words: of embeddings and
rows; words need names."""
KINDS: tuple[str, ...] = get_args(Kind)

Names = Sequence[str] | Mapping[int, str]
FeatureNames = Sequence[str] | Sequence[Sequence[str]]
"""Of the features of all samples, or of each sample's own, as words are."""
_IMAGES = ("heat", "overlay", "outline", "sets", "order")
_TITLES = {"heat": "attribution", "bars": "attribution", "sets": "strongest sets", "order": "order of choice"}
_OUTLINED = 0.1


class Sheet:
    """An explanation, its inputs, and the scale of its colours.

    Args:
        inputs: (B,C,H,W) in pixel space, (B,L,D), (B,F); or None.
        relevant: (B,H,W) bool, outlined; or None.
        feature_names: of all samples' features, or a list for each sample.
        limits: (B,) where the colours end; None: at the 99th percentile of each map's own magnitudes.

    Raises:
        ShapeError: inputs, relevant or lists of names are of another number of samples.
    """

    def __init__(
        self,
        explanation: Explanation,
        inputs: Tensor | None = None,
        relevant: Tensor | None = None,
        feature_names: FeatureNames | None = None,
        limits: Tensor | None = None,
    ) -> None:
        for name, given in (("inputs", inputs), ("relevant", relevant)):
            if given is not None and len(given) != len(explanation):
                raise ShapeError(f"{name} has {len(given)} samples, the explanation {len(explanation)}")
        if feature_names and not isinstance(feature_names[0], str) and len(feature_names) != len(explanation):
            raise ShapeError(
                f"feature_names are of {len(feature_names)} samples, the explanation of {len(explanation)}"
            )
        self.explanation, self.relevant, self.feature_names = explanation, relevant, feature_names
        self.maps = display_map(explanation, None if inputs is None else tuple(inputs.shape[1:]))
        self.limits = signed_limit(self.maps) if limits is None else limits
        self.pictures = inputs.detach().cpu() if inputs is not None and inputs.ndim == 4 else None
        self.places = self.maps.ndim == 3
        self.size = (0, 0)
        if self.places:
            shape = (self.maps if self.pictures is None else self.pictures).shape
            self.size = (shape[-2], shape[-1])
            self.shown = upsample(scaled(self.maps, self.limits), self.size)
        else:
            self.shown = scaled(self.maps, self.limits)
        self.ranks = rank_map(explanation)

    def kinds(self) -> list[Kind]:
        """What is drawn where nobody says what."""
        if not self.places:
            return ["bars"]
        found: list[Kind] = ["heat"]
        if self.explanation.sets is not None and self.explanation.sets.values.shape[1]:
            found.append("sets")
        if self.ranks is not None and self.ranks.ndim == 3:
            found.append("order")
        return found

    def drawer(self, kind: str) -> Callable[[Axes, int], None]:
        """What draws one sample.

        Raises:
            ComponentError: no such kind, or one that this explanation cannot be drawn as.
        """
        if kind not in KINDS:
            raise ComponentError(f"no kind of drawing '{kind}'{did_you_mean(kind, KINDS)} (kinds: {listing(KINDS)})")
        why = self._lacks(kind)
        if why:
            raise ComponentError(f"this explanation cannot be drawn as '{kind}': {why}; take {listing(self.kinds())}")
        draw: Callable[[Axes, int], None] = getattr(self, f"_{kind}")
        return draw

    def names(self, row: int) -> Sequence[str] | None:
        """Of the features of one sample."""
        given = self.feature_names
        return given[row] if given and not isinstance(given[0], str) else given  # type: ignore[return-value]

    def title(self, kind: str) -> str:
        """What stands above a column of drawings."""
        return _TITLES.get(kind, kind)

    def input(self, axes: Axes, row: int) -> None:
        """The picture, with the known truth outlined."""
        assert self.pictures is not None
        drawing.picture(axes, self.pictures[row])
        self._truth(axes, row)

    def _lacks(self, kind: str) -> str:
        if kind in _IMAGES and not self.places:
            return "its features have no place in a picture"
        if kind in ("bars", "words") and self.places:
            return "its features lie in a picture"
        if kind == "words" and self.feature_names is None:
            return "words need feature_names="
        if kind in ("overlay", "outline") and self.pictures is None:
            return "it needs the picture, inputs (B,C,H,W)"
        if kind == "sets" and (self.explanation.sets is None or not self.explanation.sets.values.shape[1]):
            return "it has no sets"
        if kind == "order" and (self.ranks is None or self.ranks.ndim != 3):
            return "it has no order of groups"
        return ""

    def _heat(self, axes: Axes, row: int) -> None:
        drawing.heat(axes, self.shown[row])
        self._limit(axes, row)
        self._truth(axes, row)

    def _overlay(self, axes: Axes, row: int) -> None:
        assert self.pictures is not None
        drawing.picture(axes, self.pictures[row], alpha=0.75, grey=True)
        drawing.heat(axes, self.shown[row], over=True)
        self._limit(axes, row)
        self._truth(axes, row)

    def _outline(self, axes: Axes, row: int) -> None:
        assert self.pictures is not None
        drawing.picture(axes, self.pictures[row])
        values = self.shown[row]
        kept = max(1, int(values.numel() * _OUTLINED))
        strong = torch.zeros(values.numel(), dtype=torch.bool)
        strong[values.flatten().abs().topk(kept).indices] = True
        strong = strong.view_as(values) & (values != 0)
        drawing.outlined(axes, strong & (values > 0), POSITIVE)
        drawing.outlined(axes, strong & (values < 0), NEGATIVE)
        self._truth(axes, row)

    def _sets(self, axes: Axes, row: int) -> None:
        drawing.background(axes, None if self.pictures is None else self.pictures[row], self.size)
        found = set_masks(self.explanation, row)
        for value, mask in reversed(found):
            drawing.outlined(axes, mask, POSITIVE if value >= 0 else NEGATIVE)
        drawing.written(axes, [mask for _, mask in found], [short(value) for value, _ in found])

    def _order(self, axes: Axes, row: int) -> None:
        assert self.ranks is not None
        drawing.background(axes, None if self.pictures is None else self.pictures[row], self.size)
        drawing.ranked(axes, self.ranks[row])

    def _curve(self, axes: Axes, row: int) -> None:
        sets = self.explanation.sets
        if sets is not None and sets.kind == "prefix":
            values = sets.values[row][~sets.values[row].isnan()]
            drawing.curve(axes, torch.arange(1, len(values) + 1), values, "groups chosen", "score")
            return
        values = self.maps[row].flatten()
        ordered = values[values.isfinite()].abs().double().sort(descending=True).values
        total = ordered.sum()
        share = ordered.cumsum(0) / total if total > 0 else torch.zeros_like(ordered)
        places = torch.arange(1, len(ordered) + 1) / max(len(ordered), 1)
        drawing.curve(axes, places, share, "share of positions, strongest first", "share of all magnitudes")
        axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle="--")

    def _bars(self, axes: Axes, row: int) -> None:
        drawing.bars(axes, self.maps[row], self.names(row))

    def _words(self, axes: Axes, row: int) -> None:
        names = self.names(row)
        assert names is not None
        drawing.words(axes, self.shown[row], names)
        self._limit(axes, row)

    def _limit(self, axes: Axes, row: int) -> None:
        axes.set_title(f"±{short(float(self.limits[row]))}", fontsize=8)

    def _truth(self, axes: Axes, row: int) -> None:
        if self.relevant is not None:
            drawing.outlined(axes, self.relevant[row], drawing.TRUTH)


def class_label(index: int, class_names: Names | None) -> str:
    """The name of a class, or its number."""
    if isinstance(class_names, Mapping):
        return class_names.get(index, f"class {index}")
    return class_names[index] if class_names is not None and 0 <= index < len(class_names) else f"class {index}"
