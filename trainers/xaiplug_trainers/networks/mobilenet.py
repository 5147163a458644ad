"""torchvision's MobileNetV2, untrained."""

from torch import nn
from torchvision.models.mobilenetv2 import MobileNetV2 as Published

__all__ = ["MobileNetV2"]


class MobileNetV2(Published):  # type: ignore[misc]  # torchvision is untyped
    """MobileNetV2 (Sandler et al., 2018) from (B,channels,size,size) to (B,classes); `width` scales its channels."""

    def __init__(self, *, channels: int = 3, size: int = 64, classes: int = 40, width: float = 1.0) -> None:
        super().__init__(num_classes=classes, width_mult=width)
        if channels != 3:
            first = self.features[0][0]
            self.features[0][0] = nn.Conv2d(channels, first.out_channels, 3, stride=2, padding=1, bias=False)
