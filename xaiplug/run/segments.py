"""Segmentations on disk, one file an image: made once, whoever asks for them in whichever run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from xaiplug.cache import cache_folder
from xaiplug.data.samples import content
from xaiplug.data.seeds import sample_seeds
from xaiplug.data.storage import write_atomically
from xaiplug.errors import ShapeError
from xaiplug.kinds import Segmenter
from xaiplug.origins import digest
from xaiplug.run.key import identity

THREADS = 2


def image_keys(segmenter: Segmenter, images: Tensor, seed: int) -> list[str]:
    """One key an image (N,C,H,W): its bytes, shape, dtype, the segmenter and its wheels, and the seed if it draws."""
    who = digest([identity(segmenter), seed if segmenter.stochastic else None])
    head = f"{who}{tuple(images.shape[1:])}{images.dtype}".encode()
    return [hashlib.sha256(head + content(image)).hexdigest() for image in images.cpu()]


def labels_of(segmenter: Segmenter, images: Tensor, seed: int, *, threads: int = THREADS) -> Tensor:
    """Labels (N,H,W) int64 of images (N,C,H,W); what is not in the cache is made by several threads and kept.

    Raises:
        ShapeError: the segmenter returns something else than labels. StoreError: the cache cannot be written.
    """
    keys = image_keys(segmenter, images, seed)
    seeds = sample_seeds(images, seed)

    def one(row: int) -> Tensor:
        path = _place(keys[row])
        if (kept := _read(path)) is not None:
            return kept
        made = segmenter.segment(images[row : row + 1], seeds[row : row + 1])
        expected = (1, *images.shape[2:])
        if tuple(made.shape) != expected or made.is_floating_point():
            raise ShapeError(
                f"{segmenter.told} returned labels {tuple(made.shape)} {made.dtype}, expected {expected} int64"
            )
        made = made.to("cpu", torch.int64).contiguous()
        write_atomically(path, lambda temporary: save_file({"labels": made}, temporary), durable=False)
        return made

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return torch.cat(list(_all(pool, one, len(images))))


def _all(pool: ThreadPoolExecutor, one: Callable[[int], Tensor], count: int) -> Iterator[Tensor]:
    """In order; the first error stops what has not begun."""
    futures = [pool.submit(one, row) for row in range(count)]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def _place(key: str) -> Path:
    return cache_folder() / "segments" / key[:2] / f"{key}.safetensors"


def _read(path: Path) -> Tensor | None:
    if not path.is_file():
        return None
    try:
        return load_file(os.fspath(path))["labels"]
    except (SafetensorError, KeyError, OSError):  # not one of ours: made again
        return None
