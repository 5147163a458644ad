"""The CIFAR ResNets of He et al. (2016), section 4.2."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["CifarResNet"]


class CifarResNet(nn.Module):
    """Three stages of `blocks` basic blocks with `width`, 2 and 4 times `width` channels, then average and linear.

    (B,channels,size,size) -> (B,classes). `blocks` 3 is ResNet-20, 9 is ResNet-56. Shortcuts are the paper's option A:
    every second pixel, with zeros for the new channels, so they have no parameters. Attribute names match the
    published weights (`conv1, bn1, layer{1,2,3}.{i}.{conv1,bn1,conv2,bn2}, linear`).
    """

    def __init__(
        self, *, channels: int = 3, size: int = 32, classes: int = 10, blocks: int = 3, width: int = 16
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = _stage(width, width, blocks, stride=1)
        self.layer2 = _stage(width, 2 * width, blocks, stride=2)
        self.layer3 = _stage(2 * width, 4 * width, blocks, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: Tensor = self.linear(torch.flatten(self.pool(x), 1))
        return logits


class _Block(nn.Module):
    def __init__(self, incoming: int, outgoing: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(incoming, outgoing, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outgoing)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outgoing, outgoing, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outgoing)
        self.relu2 = nn.ReLU()
        self.stride = stride
        self.extra = outgoing - incoming

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        out: Tensor = self.relu2(y + self._shortcut(x))
        return out

    def _shortcut(self, x: Tensor) -> Tensor:
        """Option A; the new channels are shared between front and back, as in the published weights."""
        x = x[:, :, :: self.stride, :: self.stride]
        front = self.extra // 2
        return pad(x, (0, 0, 0, 0, front, self.extra - front))


def _stage(incoming: int, outgoing: int, blocks: int, stride: int) -> nn.Sequential:
    first = _Block(incoming, outgoing, stride)
    return nn.Sequential(first, *(_Block(outgoing, outgoing, 1) for _ in range(blocks - 1)))
