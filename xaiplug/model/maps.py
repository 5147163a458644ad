"""A layer's maps: where they lie in its output, and which layer is read when none is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor, nn

from xaiplug.errors import GradientError, ModelError, ShapeError
from xaiplug.model.adapted import Adapted
from xaiplug.model.looking import Answers, Source, convolved, images, look, places_in
from xaiplug.model.passages import Passage, passages
from xaiplug.model.passes import looking
from xaiplug.model.places import Places
from xaiplug.model.tokens import tokens_of

_found: WeakKeyDictionary[nn.Module, dict[Any, tuple[str, Places]]] = WeakKeyDictionary()
"""Of each network: layer asked for and size of image -> name of the layer and its places."""

MORE = 4
"""Draws of noise where one shows too little: four halve what lies where it does by chance."""


@dataclass(frozen=True, eq=False)
class MapLayer:
    """A layer that is read as maps."""

    name: str
    module: nn.Module
    places: Places

    def meta(self) -> dict[str, Any]:
        """For `Explanation.meta`: the layer read, its rows and columns."""
        return {"layer": self.name, "grid": list(self.places.grid)}


def map_layer(model: Adapted, x: Tensor, name: str | None = None) -> MapLayer:
    """The layer of a name, or the last with spatial meaning, and where its places are for images like x (1,C,H,W).

    The last one: all of the answer comes through its output, has a gradient there, and no later layer has both and more
    than one place. Pooling passes places on and makes none; what leaves a tensor as it is does neither.

    Looked for once for every network, layer and size: five forwards, and one with a backward where none is named; more
    where these do not show it. They are in no cost: `meta["forwards"]` has the rows of the samples.

    Raises:
        ModelError: no such layer, or none whose places can be found. ShapeError: x is no image.
    """
    if x.ndim != 4:
        raise ShapeError(f"maps are of images (B,C,H,W), got {tuple(x.shape)}")
    known, key = _found.setdefault(model.network, {}), (name, tuple(x.shape[1:]))
    if key not in known:
        with looking():
            known[key] = _last(model, x) if name is None else (name, _named(model, x, name))
    found, places = known[key]
    return MapLayer(found, model.layer(found), places)


def _named(model: Adapted, x: Tensor, name: str) -> Places:
    """Looked for from the image; where it is too far from that, from the layers on the way if gradients show them."""
    module = model.layer(name)
    told = places_in(look(model, x, [module])[0], x)
    later, source, draws = [] if isinstance(told, Places) else _on_the_way(model, x), None, 1
    while not isinstance(told, Places):
        answers, *others = look(model, x, [module, *(layer.module for layer in later)], source, draws)
        if isinstance(found := places_in(answers, x), Places):
            return found
        nearer, _ = _nearer(later, others, x)
        if nearer is not None:
            source, later = nearer.source, later[: nearer.index]
        elif draws < MORE:
            draws = MORE
        elif (known := convolved(model, x).get(module)) is not None:
            return known
        else:
            raise ModelError(
                f"layer '{name}' of model '{model.name}' {told}; expected (B,D,h,w) or tokens (B,N,D) of the whole "
                "image: name another layer="
            )
    return told


def _on_the_way(model: Adapted, x: Tensor) -> list[Passage]:
    try:
        return _passages(model, x)
    except GradientError:
        return []


def _passages(model: Adapted, x: Tensor) -> list[Passage]:
    """Layers that all of the answer comes through and that may have maps; not those of which only a prefix is read."""
    tokens = tokens_of(model)
    prefix = 1 if tokens is None else max(1, tokens.prefix)

    def may(gradient: Tensor) -> bool:
        several = sum(size > 1 for size in gradient.shape) > 1
        front = gradient.ndim == 3 and not bool(gradient[:, prefix:].any())
        return several and not front and bool(gradient.any())

    return [layer for layer in passages(model, images(model, x)[:1]) if may(layer.gradient)]


def _last(model: Adapted, x: Tensor) -> tuple[str, Places]:
    """Looked for from the image; where the last layers are too far from that, from those before them."""
    tokens = tokens_of(model)
    if tokens is not None and len(tokens.blocks) < 2:
        raise ModelError(f"model '{model.name}' has a single block; name the layer= before it")
    found, unread, later, draws = None, [""], _passages(model, x), 1
    while unread:
        source = None if found is None else found.source
        answers = look(model, x, [layer.module for layer in later], source, draws)
        nearer, unread = _nearer(later, answers, x)
        if nearer is None and unread and draws == MORE:
            nearer, unread = _nearer(later, answers, x, convolved(model, x))
            found = nearer or found
            break
        if nearer is not None:
            found, later = nearer, later[: nearer.index]
        else:
            draws = MORE
    if found is None:
        raise ModelError(
            f"model '{model.name}' has no single layer with maps or tokens that all of its answer comes through; name "
            "one that you want read with layer= (maps or tokens of the whole image)"
        )
    grids = [] if unread else _other_grids(model, x, found)
    if doubts := [*unread, *(f"layers have {_told(grid)}" for grid in grids)]:
        raise ModelError(
            f"the last maps of model '{model.name}' cannot be told: layer '{found.layer.name}' has "
            f"{_told(found.source.places.grid)}, but later {doubts[0]}; name one with layer="
        )
    return found.layer.name, found.source.places


@dataclass(frozen=True, eq=False)
class _Near:
    """A layer whose places were found: the last of some, which come in order, the last first."""

    index: int
    layer: Passage
    source: Source


def _nearer(
    layers: Sequence[Passage], answers: Sequence[Answers], x: Tensor, known: Mapping[nn.Module, Places] | None = None
) -> tuple[_Near | None, list[str]]:
    """The last layer with more than one place that the answer depends on; and those after it that cannot be read.

    Args:
        known: places of layers where looking shows none.
    """
    unread = []
    for index, (layer, seen) in enumerate(zip(layers, answers, strict=True)):
        places = places_in(seen, x)
        if not isinstance(places, Places) and known is not None:
            places = known.get(layer.module, places)
        if not isinstance(places, Places):
            unread.append(f"'{layer.name}' {places}")
        elif places.count > 1 and bool(places.maps(layer.gradient).any()):
            assert seen[0] is not None
            return _Near(index, layer, Source(layer.module, places, seen[0])), unread
    return None, unread


def _other_grids(model: Adapted, x: Tensor, found: _Near) -> list[tuple[int, int]]:
    """Grids, other than a layer's own, of layers after it that some of the answer comes through."""
    places = found.source.places
    own = {places.shape[axis] for axis in places.axes[2:]}
    doubtful = [module for module, shape in found.layer.aside if not own <= {*shape}]
    seen = [places_in(answers, x) for answers in look(model, x, doubtful)] if doubtful else []
    return [other.grid for other in seen if isinstance(other, Places) and other.count > 1 and other.grid != places.grid]


def _told(grid: tuple[int, int]) -> str:
    return f"{grid[0]}x{grid[1]} places"


def placed(layer: MapLayer, caught: Sequence[Tensor], images: int, model: Adapted) -> Tensor:
    """The last output of a layer that was caught, if it has its places for `images`.

    Raises:
        ModelError: it has another form.
    """
    if not caught or not layer.places.fits(caught[-1]) or caught[-1].shape[layer.places.axes[0]] != images:
        told = tuple(caught[-1].shape) if caught else "nothing"
        raise ModelError(
            f"layer '{layer.name}' of model '{model.name}' gives {layer.places.shape} for one image and {told} for "
            f"{images}: it does not keep images apart; name another layer="
        )
    return caught[-1]
