"""Noisy linear imputation (Rong et al., 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge
from torch import Generator, Tensor

from xaiplug import PixelImputer
from xaiplug.errors import ComponentError, ShapeError
from xaiplug_imputers.stencil import Array, Mask, System


class NoisyLinear(PixelImputer):
    """A removed pixel is the weighted mean of its 8 neighbours, plus noise (Rong et al., 2022, Sec. 4.3).

    Weights are 1/6 across an edge and 1/12 across a corner; a neighbour beyond the border drops out and the others are
    scaled up. Neighbours may be removed too, so the values solve one sparse linear system a mask, for all channels
    together. It is solved in float64, to about 1e-10 of the values; kept pixels stay bit-equal. For inputs (R,C,H,W)
    and keep (R,H,W), or (R,C,H,W) for each channel on its own.

    Where everything is removed, every constant image solves the equations: see `empty`.

    Raises:
        ShapeError: inputs that are no images. ComponentError: everything is removed and `empty="error"`.
    """

    stochastic = True

    noise: Annotated[float, Ge(0)] = 0.01
    """Standard deviation of the normal noise on removed pixels, in pixel units."""
    empty: Literal["mean", "error"] = "mean"
    """Where everything is removed: each channel's mean of the image, or an error."""

    def impute(
        self,
        inputs: Tensor,
        keep: Tensor,
        *,
        baseline: Tensor | None = None,
        generators: Sequence[Generator] | None = None,
    ) -> Tensor:
        if inputs.ndim != 4 or keep.shape not in (inputs.shape, inputs[:, 0].shape):
            raise ShapeError(
                f"noisy-linear imputes images (R,C,H,W) on a grid (R,H,W), got {tuple(inputs.shape)} and "
                f"{tuple(keep.shape)}; for other inputs use imputer='baseline'"
            )
        channels = 1 if keep.ndim == 4 else inputs.shape[1]
        images = inputs.detach().double().cpu().reshape(-1, channels, *inputs.shape[2:]).numpy()
        removed = ~keep.reshape(-1, *inputs.shape[2:]).cpu().numpy()
        filled = torch.from_numpy(self._filled(images, removed)).view(inputs.shape).to(inputs)
        if self.noise:
            assert generators is not None, "stochastic imputers get generators"
            drawn = [torch.randn(inputs.shape[1:], generator=g, dtype=inputs.dtype) for g in generators]
            filled = filled + self.noise * torch.stack(drawn).to(inputs.device)
        return torch.where(keep if keep.ndim == 4 else keep.unsqueeze(1), inputs, filled)

    def _filled(self, images: Array, removed: Mask) -> Array:
        """Images (N,K,H,W) with removed (N,H,W) solved for; equal masks share one system."""
        filled = images.copy()
        systems: dict[bytes, System] = {}
        for image, mask, into in zip(images, removed, filled, strict=True):
            if mask.all():
                if self.empty == "error":
                    raise ComponentError("noisy-linear cannot impute an image of which nothing is kept")
                into[:] = image.mean((1, 2), keepdims=True)
            elif mask.any():
                key = np.packbits(mask).tobytes()
                if key not in systems:
                    systems[key] = System.of(mask)
                into[:, mask] = systems[key].solve(image.transpose(1, 2, 0)).T
        return filled
