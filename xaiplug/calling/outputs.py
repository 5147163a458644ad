"""What inputs and answers give away before anything is explained; each is warned about once a network."""

from __future__ import annotations

import warnings
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.model.adapter import Model
from xaiplug.model.query import Query

ALIKE = 1e-5
"""Logits that differ by no more, of samples that differ, are rounding."""

BEYOND = 1e-3
"""So much of a range beyond its ends is the overshoot of a resize."""

_SIGMOID_VALUES = 8
"""So many values in [0,1] are no accident."""

_told: WeakKeyDictionary[nn.Module, set[str]] = WeakKeyDictionary()


def notice(query: Query) -> None:
    """Warn of outputs that are probabilities already, and of answers that are all alike, where any are known."""
    model, logits = query.model, query.answered.whole(len(query))
    if logits is not None:
        _tell(model, "scale", _not_logits(model, logits))
        _tell(model, "alike", _alike(model, query.inputs, logits))


def notice_range(model: Model, values: Tensor, what: str) -> None:
    """Warn of inputs (B,*shape), or of what stands beside them, in another range than the model's."""
    _tell(model, f"range of {what}", _out_of_range(model, values, what))


def _tell(model: Model, kind: str, text: str) -> None:
    if text and kind not in _told.setdefault(model.network, set()):
        _told[model.network].add(kind)
        warnings.warn(text, stacklevel=5)


def _out_of_range(model: Model, values: Tensor, what: str) -> str:
    if (model.input_range is None and values.ndim != 4) or not values.numel():
        return ""
    lowest, highest = (float(end) for end in values.aminmax())
    low, high = model.input_range or (0.0, 1.0)
    slack = BEYOND * (high - low)
    if not (lowest < low - slack or highest > high + slack):
        return ""
    seen = f"{what} of model '{model.name}' go from {lowest:.4g} to {highest:.4g}"
    if model.input_range is not None:
        return f"{seen} and its input_range is ({low:.4g}, {high:.4g}): it sees what it was not trained on"
    return (
        f"{seen}, and images have pixels in [0,1] here, where black is 0 and white 1; give pixels, with mean= and "
        "std= to xaiplug.Model, or say what the network takes by input_range="
    )


def _not_logits(model: Model, logits: Tensor) -> str:
    if not logits.numel():
        return ""
    (low, high), classes = (float(end) for end in logits.aminmax()), logits.shape[1]
    inside = 0 <= low <= high <= 1
    if model.output == "sigmoid":
        squashed = inside and logits.numel() >= _SIGMOID_VALUES
        return f"{_told_of(model)} are in [0,1]: its sigmoid is inside, {_REMEDY}" if squashed else ""
    if classes < 2:
        return ""
    one = torch.ones_like(logits[:, 0])
    if inside and torch.allclose(logits.sum(1), one, atol=1e-3):
        return f"{_told_of(model)} are in [0,1] and sum to 1: its softmax is inside, {_REMEDY}"
    if high <= 0 and torch.allclose(logits.exp().sum(1), one, atol=1e-3):
        return f"{_told_of(model)} are log-probabilities: its log-softmax is inside, so scale 'logit' is that too"
    return ""


_REMEDY = (
    "so scale 'probability' squashes twice; explain the network up to its last linear layer, or these outputs as they "
    "are with scale='logit'"
)


def _told_of(model: Model) -> str:
    return f"the outputs of model '{model.name}'"


def _alike(model: Model, inputs: Tensor, logits: Tensor) -> str:
    if len(logits) < 2 or bool((inputs == inputs[:1]).all()):
        return ""
    spread = float((logits - logits.mean(0)).abs().max())
    if spread > ALIKE * max(1.0, float(logits.abs().max())):
        return ""
    return (
        f"model '{model.name}' answers all {len(logits)} samples alike (its logits differ by {spread:.1g}): it is "
        "untrained, saturated, or knows one class; explanations and metrics will tell rounding apart, not methods"
    )
