"""The report's gallery: the same samples down, every explainer across."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from markupsafe import Markup
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.study import Panel
from xaiplug.view import svg
from xaiplug.view.drawing import BARS
from xaiplug.view.images import map_uri, picture_uri
from xaiplug.view.leaderboard import short_names
from xaiplug.view.numbers import short
from xaiplug.view.sheet import class_label
from xaiplug.view.transforms import (
    channel_maps,
    display_map,
    labels_apart,
    outline,
    rank_map,
    scaled,
    set_masks,
    shrink,
    signed_limit,
    upsample,
)

SAMPLES = 12
"""Samples of one panel at most."""

CHANNELS = 8
"""Channels of a map or of a picture that the viewer offers at most, the first ones."""

_SIDE = 160
_TARGET = 124
_STEPS = 5


@dataclass(frozen=True)
class Tile:
    """One explainer's picture of a sample, on the scale of its own, which ends at `limit`.

    Args:
        channels: data URIs of the map's channels, on one scale; none where it has one value per place.
    """

    name: str
    drawn: Markup
    limit: float
    text: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One sample, and its tiles in the order of the panel's explainers.

    Args:
        photo: data URI of the input; "" where it is no image.
        shared: where the scale ends that all its maps could share.
        channels: how many the input has; 0 where it is no image.
        apart: data URIs of its channels, where the photo does not show each as a colour.
    """

    id: str
    true: str
    predicted: str
    wrong: bool
    explained: str
    photo: str
    picture: Markup
    shared: float
    tiles: tuple[Tile, ...]
    channels: int = 0
    apart: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wall:
    """A panel, laid out."""

    title: str
    lines: tuple[Line, ...]
    left_out: int
    truth: bool
    sets: bool
    order: bool


def wall(panel: Panel) -> Wall:
    """Lay out a panel: scales, pictures, outlines."""
    count = min(len(panel.inputs), SAMPLES)
    shape = tuple(panel.inputs.shape[1:])
    maps = {name: display_map(explanation, shape)[:count].double() for name, explanation in panel.maps.items()}
    limits = {name: signed_limit(values) for name, values in maps.items()}
    shared = torch.stack(list(limits.values())).amax(0) if limits else torch.zeros(count)
    lines = tuple(_line(panel, row, maps, limits, float(shared[row])) for row in range(count))
    truth = panel.relevant is not None and panel.inputs.ndim == 4
    sets = any(part.sets is not None for part in panel.maps.values())
    order = any(part.order is not None for part in panel.maps.values())
    left_out = len(panel.inputs) - count + panel.left_out
    return Wall(f"{panel.model} on {panel.data}", lines, left_out, truth, sets, order)


def _line(panel: Panel, row: int, maps: dict[str, Tensor], limits: dict[str, Tensor], shared: float) -> Line:
    true, predicted = int(panel.labels[row]), int(panel.predicted[row])
    truth = _truth(panel, row)
    size = (panel.inputs.shape[-2], panel.inputs.shape[-1])
    image = panel.inputs.ndim == 4
    short_name = short_names(list(panel.maps))
    tiles = []
    for name, values in maps.items():
        limit = float(limits[name][row])
        drawn = _drawn(values[row], limit, size, truth + _marks(panel.maps[name], row), short_name[name])
        split = _channels(panel.maps[name], row, tuple(panel.inputs.shape[1:]))
        tiles.append(Tile(short_name[name], drawn, limit, f"±{short(limit)}", split))
    names = panel.class_names
    return Line(
        panel.ids[row],
        class_label(true, names) if true >= 0 else "unknown",
        class_label(predicted, names),
        0 <= true != predicted,
        _explained(panel, row, predicted),
        _photo(panel.inputs[row]) if image else "",
        _behind(size, truth) if image else Markup(""),
        shared,
        tuple(tiles),
        len(panel.inputs[row]) if image else 0,
        _apart(panel.inputs[row]) if image else (),
    )


def _channels(explanation: Explanation, row: int, shape: tuple[int, ...]) -> tuple[str, ...]:
    found = channel_maps(explanation, shape) if len(shape) == 3 else None
    if found is None:
        return ()
    kept = found[row, :CHANNELS].double()
    limit = signed_limit(found[row].double().unsqueeze(0)).expand(len(kept))
    return tuple(map(map_uri, scaled(shrink(kept.unsqueeze(1), _SIDE).squeeze(1), limit)))


def _apart(image: Tensor) -> tuple[str, ...]:
    """The channels (C,H,W) as grey pictures; none of a grey or a colour photo, which says them itself."""
    if len(image) in (1, 3):
        return ()
    return tuple(_photo(channel.unsqueeze(0)) for channel in image[:CHANNELS])


def _truth(panel: Panel, row: int) -> Markup:
    if panel.relevant is None or panel.inputs.ndim != 4:
        return Markup("")
    return svg.outlines(outline(panel.relevant[row]), "truth")


def _explained(panel: Panel, row: int, predicted: int) -> str:
    targets = {int(part.target.index[row]) for part in panel.maps.values() if part.target is not None}
    return (
        ", ".join(class_label(target, panel.class_names) for target in sorted(targets)) if targets - {predicted} else ""
    )


def drawn_input(image: Tensor, truth: Markup | None = None) -> Markup:
    """A picture (C,H,W), with what is drawn over it."""
    return _framed(_photo(image), (image.shape[-2], image.shape[-1]), truth, "input")


def _photo(image: Tensor) -> str:
    return picture_uri(shrink(image.detach().cpu().float().unsqueeze(0), 2 * _TARGET)[0])


def _behind(size: tuple[int, int], over: Markup) -> Markup:
    """A frame that shows the picture of its sample, which the page holds once."""
    crisp, (width, height) = _shown(size)
    frame = Markup('<span class="tile photo {}" style="width:{}px;height:{}px" role="img" aria-label="input">{}</span>')
    return frame.format(crisp, width, height, _over(size, over))


def drawn_map(explanation: Explanation, row: int, values: Tensor, limit: float, size: tuple[int, int]) -> Markup:
    """One sample's map (H,W), or values (N,) as bars, with its sets and its order."""
    return _drawn(values, limit, size, _marks(explanation, row), explanation.method)


def _drawn(values: Tensor, limit: float, size: tuple[int, int], over: Markup, name: str) -> Markup:
    if values.ndim == 1:
        known = values[values.isfinite()][: 2 * BARS]
        return svg.bars(known.tolist(), limit)
    full = upsample(values.unsqueeze(0), size)
    small = shrink(full.unsqueeze(1), _SIDE).squeeze(1)
    return _framed(map_uri(scaled(small, torch.tensor([limit]))[0]), size, over, name)


def _framed(uri: str, size: tuple[int, int], over: Markup | None, name: str) -> Markup:
    crisp, shown = _shown(size)
    image = Markup('<img class="{}" src="{}" width="{}" height="{}" alt="{}">').format(crisp, uri, *shown, name)
    return Markup('<span class="tile">{}{}</span>').format(image, _over(size, over))


def _shown(size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """How a picture (H,W) is enlarged, and its width and height on the page."""
    height, width = size
    factor = _TARGET / max(size)
    factor = math.floor(factor + 0.5) if factor >= 1 else factor
    return "crisp" if max(size) <= _TARGET else "smooth", (round(width * factor), round(height * factor))


def _over(size: tuple[int, int], marks: Markup | None) -> Markup:
    if not marks:
        return Markup("")
    drawing = Markup('<svg viewBox="0 0 {} {}" aria-hidden="true">{}</svg>')
    return drawing.format(size[1], size[0], marks)


def _marks(explanation: Explanation, row: int) -> Markup:
    """Outlines of the strongest sets with their values, or the first groups of an order numbered."""
    drawn = Markup("")
    sets = list(reversed(set_masks(explanation, row)))
    for value, mask in sets:
        drawn += Markup("<g><title>{}</title>{}</g>").format(
            short(value), svg.outlines(outline(mask), "raises" if value >= 0 else "lowers")
        )
    ranks = rank_map(explanation)
    if ranks is None or ranks.ndim != 3:
        marks = [(mask, short(value)) for value, mask in reversed(sets)]
    else:
        marks = [(ranks[row] == rank, str(rank)) for rank in range(1, min(int(ranks[row].max()), _STEPS) + 1)]
    if not marks:
        return drawn
    masks, texts = zip(*marks, strict=True)
    size = max(masks[0].shape) / 11
    text = Markup('<text class="rank" x="{:.2f}" y="{:.2f}" font-size="{:.2f}">{}</text>')
    for x, y, words in labels_apart(masks, texts, size):
        drawn += text.format(x, y + 0.35 * size, size, words)
    return drawn
