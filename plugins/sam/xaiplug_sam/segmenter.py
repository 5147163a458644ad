"""Segment Anything (Kirillov et al., 2023)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from importlib.util import find_spec
from typing import Annotated, Any, Literal

import numpy as np
import torch
from annotated_types import Ge, Interval
from numpy.typing import NDArray
from segment_anything import SamAutomaticMaskGenerator, SamPredictor  # type: ignore[import-untyped]
from torch import Tensor

from xaiplug import Segmenter
from xaiplug.errors import ComponentError
from xaiplug_sam.ops import atoms, painted
from xaiplug_sam.weights import find_weights, load

Share = Annotated[float, Interval(ge=0, le=1)]
Image = NDArray[np.uint8]

_REMEMBERED = 512
_labels: OrderedDict[str, Tensor] = OrderedDict()


class Sam(Segmenter):
    """Masks of Segment Anything, automatic or prompted.

    Prompted: a group for each point and box. Images (B,C,H,W) are pixels in [0,1], of 3 channels or 1. An image without
    masks is one group. The network is loaded once per device, and an image that was seen before is not run again.

    Raises:
        ComponentError: no weights (the message says where they are), other channels, opencv missing where needed.
        DataError: the checkpoint is not there, or not what it should be.
    """

    stochastic = False

    model_type: str = "vit_h"
    """vit_h, vit_l, vit_b, or a name added to segment-anything's registry."""
    checkpoint: str | None = None
    """File of the weights."""
    download: bool = False
    """Without a checkpoint: fetch the official weights, once."""
    sha256: str | None = None
    """What the file must have; known for the official ones."""
    points: tuple[tuple[Share, Share], ...] = ()
    """Prompts (x, y), in shares of width and height: one mask for each."""
    boxes: tuple[tuple[Share, Share, Share, Share], ...] = ()
    """Prompts (x0, y0, x1, y1), in shares of width and height: one mask for each."""
    overlap: Literal["small-over-large", "atoms"] = "small-over-large"
    """Masks that overlap: the smaller is painted over the larger, or every overlap is a group."""
    max_groups: Annotated[int, Ge(1)] | None = None
    """At most so many groups besides the background."""
    background: Literal["none", "group"] = "none"
    """What no mask covers: in no group, or one group."""
    points_per_side: Annotated[int, Ge(1)] = 32
    """Of the grid of automatic prompts."""
    pred_iou_thresh: Share = 0.88
    """Automatic masks below this predicted quality are dropped."""
    stability_score_thresh: Share = 0.95
    """Automatic masks below this stability are dropped."""
    min_mask_region_area: Annotated[int, Ge(0)] = 0
    """Holes and islands below this many pixels are removed (1000 in H-Sets); needs opencv."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        if images.shape[1] not in (1, 3):
            raise ComponentError(f"sam: images have 1 or 3 channels, got {images.shape[1]}")
        if self.min_mask_region_area and find_spec("cv2") is None:
            raise ComponentError('sam: min_mask_region_area needs opencv: pip install "xaiplug-sam[regions]"')
        path = find_weights(self.model_type, self.checkpoint, self.sha256, self.download)
        network = load(self.model_type, path, images.device)
        head = f"{self.params()}{path.resolve()}{path.stat().st_mtime_ns}{images.device}"
        pixels = (images.detach().clamp(0, 1) * 255).round().byte().expand(-1, 3, -1, -1)
        arrays = pixels.permute(0, 2, 3, 1).cpu().contiguous().numpy()
        return torch.stack([self._remembered(network, head, array) for array in arrays]).to(images.device)

    def _remembered(self, network: Any, head: str, image: Image) -> Tensor:
        key = hashlib.blake2b(f"{head}{image.shape}".encode() + image.tobytes(), digest_size=16).hexdigest()
        if key not in _labels:
            with torch.no_grad():
                _labels[key] = self._partition(self._masks(network, image)).cpu()
        _labels.move_to_end(key)
        if len(_labels) > _REMEMBERED:
            _labels.popitem(last=False)
        return _labels[key]

    def _masks(self, network: Any, image: Image) -> Tensor:
        """(M,H,W) bool, the masks that cover something."""
        found = self._prompted(network, image) if self.points or self.boxes else self._automatic(network, image)
        masks = torch.from_numpy(np.stack(found)) if found else torch.zeros(0, *image.shape[:2], dtype=torch.bool)
        return masks[masks.flatten(1).any(1)]

    def _automatic(self, network: Any, image: Image) -> list[NDArray[np.bool_]]:
        generator = SamAutomaticMaskGenerator(
            network,
            points_per_side=self.points_per_side,
            pred_iou_thresh=self.pred_iou_thresh,
            stability_score_thresh=self.stability_score_thresh,
            min_mask_region_area=self.min_mask_region_area,
        )
        return [record["segmentation"] for record in generator.generate(image)]

    def _prompted(self, network: Any, image: Image) -> list[NDArray[np.bool_]]:
        """The best of the three masks of each point; the one mask of each box."""
        predictor = SamPredictor(network)
        predictor.set_image(image)
        size = np.array([image.shape[1], image.shape[0]])
        masks = []
        for point in self.points:
            at, label = (np.array(point) * size)[None], np.ones(1, dtype=np.int64)
            several, quality, _ = predictor.predict(point_coords=at, point_labels=label, multimask_output=True)
            masks.append(several[quality.argmax()])
        for box in self.boxes:
            single, _, _ = predictor.predict(box=np.array(box) * np.tile(size, 2), multimask_output=False)
            masks.append(single[0])
        return masks

    def _partition(self, masks: Tensor) -> Tensor:
        labels = (painted if self.overlap == "small-over-large" else atoms)(masks, self.max_groups)
        if not len(masks):
            return torch.zeros_like(labels)
        return torch.where(labels < 0, labels.max() + 1, labels) if self.background == "group" else labels
