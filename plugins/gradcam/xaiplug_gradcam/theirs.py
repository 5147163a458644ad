"""pytorch-grad-cam's classes as explainers: their weights on the maps and gradients of a layer that we read."""

from __future__ import annotations

from typing import Any, ClassVar

import pytorch_grad_cam
import torch
from torch import Tensor, nn

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug.errors import ShapeError
from xaiplug.kinds.borrowed import Parameter, borrowed, parameters
from xaiplug.model.maps import map_layer
from xaiplug.model.slopes import maps_and_slopes
from xaiplug_gradcam.names import GIVES

_NO_NETWORK = nn.Linear(1, 1)
"""What the library wants to hook and never runs here."""
_OURS = {"model", "target_layers", "reshape_transform"}
_LAYER = Parameter("str | None", None, "Dotted name of the layer that is read; None = the last with spatial meaning.")
_SINGLE = {"precision": "the library projects in float32, whatever the inputs"}
_EITHER_WAY = {"sign": "the sign of a principal component is nobody's: -f has the map of f"}
_STRENGTHS = ("GradCAMElementWise", "SegEigenCAM")


class BorrowedCam(Explainer):
    """A layer's maps, weighted by the library and summed; its stretching to [0,1] and to the image is left out."""

    reads_only = True
    asks_first = False
    wraps: ClassVar[str]
    given: ClassVar[tuple[str, ...]]

    def explain(self, query: Query) -> Explanation:
        inputs = query.inputs
        if inputs.ndim != 4:
            raise ShapeError(f"{self.called} explains images (B,C,H,W), got {tuple(inputs.shape)}")
        read = map_layer(query.model, inputs[:1], self.layer)  # type: ignore[attr-defined]
        cams = query.in_passes(lambda part: self._cam(*maps_and_slopes(query, read, part)), len(query), self.called)
        groups = FeatureGroups.of_cells(len(query), tuple(cams.shape[1:]), tuple(inputs.shape[2:]), inputs.device)
        return Explanation(cams.flatten(1), "group", groups=groups, meta=read.meta())

    def _cam(self, maps: Tensor, slopes: Tensor) -> Tensor:
        """(R,h,w) of maps and gradients (R,D,h,w), each sample alone."""
        theirs = getattr(pytorch_grad_cam, self.wraps)
        made = theirs(_NO_NETWORK, [], **{name: getattr(self, name) for name in self.given})
        rows = [(maps[r : r + 1].cpu().numpy(), slopes[r : r + 1].cpu().numpy()) for r in range(len(maps))]
        found = [torch.from_numpy(made.get_cam_image(None, None, None, *row, False)) for row in rows]
        return torch.cat(found).to(maps)


def _class(name: str) -> Any:
    theirs = getattr(pytorch_grad_cam, name)
    fields = parameters(theirs.__init__, _OURS)
    doc = (
        f"pytorch-grad-cam's {name}: {GIVES[name][1]}.\n\nWeights and defaults are the library's; the layer is found "
        "by us, and the result is (B,h*w) on its own grid, before the library stretches it."
    )
    known = _SINGLE if name in {"EigenGradCAM", "SegEigenCAM", "KPCA_CAM"} else {}
    attributes = {
        "wraps": name,
        "given": tuple(fields),
        "signed": name not in _STRENGTHS,
        "expected_failures": known | (_EITHER_WAY if name == "EigenGradCAM" else {}),
    }
    return borrowed(BorrowedCam, name, __name__, doc, {"layer": _LAYER, **fields}, **attributes)


globals().update({name: _class(name) for name in GIVES})
