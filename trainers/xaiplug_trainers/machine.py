"""What a training uses of the machine that it runs on."""

from collections.abc import Sequence

import torch

__all__ = ["layout_for", "precision_for"]


def precision_for(asked: object, accelerator: str) -> object:
    """The precision asked for; where none was and a GPU will be used, half precision, bf16 if the GPU has it."""
    if asked is None and accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return asked


def layout_for(device: str, shape: Sequence[int]) -> torch.memory_format:
    """Channels last for images (C,H,W) on a GPU, whose convolutions are faster so; else weights stay as they are."""
    return torch.channels_last if device == "cuda" and len(shape) == 3 else torch.preserve_format
