"""Explanations as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from xaiplug.data.explanation import Explanation

_AXES = {
    1: ("feature",),
    2: ("position", "dimension"),
    3: ("channel", "row", "column"),
    4: ("channel", "depth", "row", "column"),
}


def explanation_frame(explanation: Explanation) -> pd.DataFrame:
    """One row per sample and group (padding left out), or per sample and position."""
    given = explanation.attribution.detach().cpu()
    values = given.to(torch.promote_types(given.dtype, torch.float32)).numpy()
    axes = ("group",) if explanation.level == "group" else _AXES[values.ndim - 1]
    index = np.indices(values.shape).reshape(values.ndim, -1)
    frame = pd.DataFrame(dict(zip(("sample", *axes), index, strict=True)))
    if explanation.target is not None:
        frame.insert(1, "target", explanation.target.index.cpu().numpy()[frame["sample"]])
    frame["attribution"] = values.reshape(-1)
    return frame.dropna(subset="attribution").reset_index(drop=True) if explanation.level == "group" else frame
