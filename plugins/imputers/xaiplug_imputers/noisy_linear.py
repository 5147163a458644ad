"""Noisy linear imputation (Rong et al., 2022)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge
from numpy.typing import NDArray
from torch import Generator, Tensor

from xaiplug import PixelImputer
from xaiplug.errors import ComponentError, ShapeError
from xaiplug_imputers.stencil import Array, Mask, System


class NoisyLinear(PixelImputer):
    """Removed pixels become weighted means of their neighbours, plus noise.

    All 8 neighbours count (Rong et al., 2022, Sec. 4.3). Weights are 1/6 across an edge and 1/12 across a corner; a
    neighbour beyond the border drops out and the others are scaled up. Neighbours may be removed too, so the values
    solve one sparse linear system a mask, for all channels together. It is solved in float64, to about 1e-10 of the
    values; kept pixels stay bit-equal. For inputs (R,C,H,W) and keep (R,H,W), or (R,C,H,W) for each channel on its own.

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
        filled = inputs.detach().clone(memory_format=torch.contiguous_format)
        planes = filled.view(-1, channels, inputs[0, 0].numel())
        images = inputs.detach().double().cpu().reshape(-1, channels, *inputs.shape[2:]).numpy()
        removed = ~keep.reshape(-1, *inputs.shape[2:]).cpu().numpy()
        for plane, (at, values) in zip(planes, self._solved(images, removed), strict=True):
            plane.index_copy_(1, torch.from_numpy(at).to(plane.device), torch.from_numpy(values).to(plane))
        if self.noise:
            assert generators is not None, "stochastic imputers get generators"
            noise = torch.stack([torch.randn(inputs.shape[1:], generator=g) for g in generators]).to(filled)
            gone = ~keep if keep.ndim == 4 else ~keep.unsqueeze(1)
            filled = torch.where(gone, filled + self.noise * noise, filled)
        return filled

    def _solved(self, images: Array, removed: Mask) -> Iterator[tuple[NDArray[np.int64], Array]]:
        """Where each of images (N,K,H,W) is removed (n,), and the values there (K,n); equal masks share a system."""
        systems: dict[bytes, System] = {}
        for image, mask in zip(images, removed, strict=True):
            if mask.all():
                if self.empty == "error":
                    raise ComponentError("noisy-linear cannot impute an image of which nothing is kept")
                mean = image.mean((1, 2))[:, None]
                yield np.arange(mask.size), np.ascontiguousarray(np.broadcast_to(mean, (len(image), mask.size)))
                continue
            key = np.packbits(mask).tobytes()
            if key not in systems:
                systems[key] = System.of(mask)
            yield systems[key].at, systems[key].solve(image)
