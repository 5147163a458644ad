"""torchvision's ResNet-18 for small images."""

from typing import Literal

from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

__all__ = ["ResNet18"]


class ResNet18(ResNet):  # type: ignore[misc]  # torchvision is untyped
    """ResNet-18 (He et al., 2016) from (B,channels,size,size) to (B,classes).

    `stem="imagenet"`: convolution 7x7 of stride 2, then pooling; `stem="cifar"`: convolution 3x3 of stride 1, no
    pooling, for images of 32 pixels. `width`: channels of the first stage (64 in the paper); the others double it.
    """

    def __init__(
        self,
        *,
        channels: int = 3,
        size: int = 32,
        classes: int = 10,
        stem: Literal["imagenet", "cifar"] = "imagenet",
        width: int = 64,
    ) -> None:
        super().__init__(BasicBlock, [2, 2, 2, 2], num_classes=classes)
        if width != 64:
            self._narrow(width, classes)
        if stem == "cifar":
            self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            self.maxpool = nn.Identity()
        else:
            self.conv1 = nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False)

    def _narrow(self, width: int, classes: int) -> None:
        """Build the stages again with fewer channels."""
        self.inplanes = width
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(BasicBlock, width, 2)
        self.layer2 = self._make_layer(BasicBlock, 2 * width, 2, stride=2)
        self.layer3 = self._make_layer(BasicBlock, 4 * width, 2, stride=2)
        self.layer4 = self._make_layer(BasicBlock, 8 * width, 2, stride=2)
        self.fc = nn.Linear(8 * width, classes)
