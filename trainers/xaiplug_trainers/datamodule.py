"""Samples of a task as Lightning's batches."""

from typing import Literal

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from xaiplug import Samples
from xaiplug_trainers.augment import flip_and_crop
from xaiplug_trainers.data.base import Geometry, TaskData

__all__ = ["TaskDataModule"]


class TaskDataModule(pl.LightningDataModule):
    """Batches of a task's `train` and `val` splits, held in memory.

    The order of an epoch and its augmentation depend on `order_seed`, the epoch and the step alone, so a training that
    is resumed sees what it would have seen.

    Args:
        dataset: what to train on.
        batch_size: inputs a step and process.
        augment: `flip-crop` mirrors at random and shifts by up to four pixels.
        order_seed: of order and augmentation; the command line sets it to `seed_everything`.
    """

    def __init__(
        self,
        dataset: TaskData,
        batch_size: int = 128,
        augment: Literal["none", "flip-crop"] = "none",
        order_seed: int = 0,
    ) -> None:
        super().__init__()
        self.dataset = dataset
        self.batch_size = batch_size
        self.augment = augment
        self.order_seed = order_seed

    @property
    def geometry(self) -> Geometry:
        return self.dataset.geometry

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        return self._loader("val", shuffle=False)

    def on_after_batch_transfer(self, batch: tuple[Tensor, Tensor], dataloader_idx: int) -> tuple[Tensor, Tensor]:
        inputs, labels = batch
        if self.augment == "flip-crop" and self.trainer is not None and self.trainer.training:
            step = self.trainer.global_step * self.trainer.world_size + self.trainer.global_rank
            inputs = flip_and_crop(inputs, torch.Generator().manual_seed(self.order_seed * 1_000_003 + step))
        return inputs, labels

    def _loader(self, split: str, shuffle: bool) -> DataLoader[tuple[Tensor, Tensor]]:
        batches = _Batches(self.dataset.samples(split))
        ranks, rank = (self.trainer.world_size, self.trainer.global_rank) if self.trainer else (1, 0)
        # Lightning tells this sampler the epoch and leaves it in place in distributed training.
        sampler: DistributedSampler[Tensor] = DistributedSampler(
            batches, num_replicas=ranks, rank=rank, shuffle=shuffle, seed=self.order_seed
        )
        pin = torch.cuda.is_available()
        return DataLoader(batches, self.batch_size, sampler=sampler, collate_fn=lambda batch: batch, pin_memory=pin)


class _Batches(Dataset[tuple[Tensor, Tensor]]):
    """Reads a whole batch by one index operation (the loader calls `__getitems__`)."""

    def __init__(self, samples: Samples) -> None:
        self.inputs, self.labels = samples.inputs, samples.labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        return self.inputs[indices], self.labels[indices]
