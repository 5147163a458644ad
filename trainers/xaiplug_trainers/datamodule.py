"""Samples of a task as Lightning's batches."""

from collections.abc import Iterator
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from xaiplug_trainers.augment import flip_and_crop
from xaiplug_trainers.data.base import Geometry, TaskData
from xaiplug_trainers.data.rows import Rows

__all__ = ["TaskDataModule"]


class TaskDataModule(pl.LightningDataModule):
    """Batches of a task's splits; `test` and `predict` read all splits that are called `test...`.

    The order of an epoch and its augmentation depend on `order_seed`, the epoch and the number of the batch alone, so a
    training that is resumed sees what it would have seen.

    Args:
        dataset: what to train on.
        batch_size: inputs a step and process.
        augment: `flip-crop` mirrors at random and shifts by up to four pixels.
        num_workers: processes that read batches; 0 reads in the training's own, which is faster for samples in memory.
        order_seed: of order and augmentation; the command line sets it to `seed_everything`.
    """

    def __init__(
        self,
        dataset: TaskData,
        batch_size: int = 128,
        augment: Literal["none", "flip-crop"] = "none",
        num_workers: int = 0,
        order_seed: int = 0,
    ) -> None:
        super().__init__()
        self.dataset = dataset
        self.batch_size = batch_size
        self.augment = augment
        self.num_workers = num_workers
        self.order_seed = order_seed

    @property
    def geometry(self) -> Geometry:
        return self.dataset.geometry

    @property
    def test_splits(self) -> list[str]:
        return [split for split in self.dataset.splits if split.startswith("test")]

    def train_dataloader(self) -> DataLoader[Any]:
        batches = _Batches(self.dataset.rows("train"))
        ranks, rank = self._place()
        # Lightning tells this sampler the epoch and leaves it in place in distributed training.
        sampler: DistributedSampler[Any] = DistributedSampler(batches, ranks, rank, shuffle=True, seed=self.order_seed)
        return self._loader(batches, sampler)

    def val_dataloader(self) -> DataLoader[Any]:
        return self._evaluating("val")

    def test_dataloader(self) -> list[DataLoader[Any]]:
        return [self._evaluating(split) for split in self.test_splits]

    def predict_dataloader(self) -> list[DataLoader[Any]]:
        return self.test_dataloader()

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        if self.augment == "flip-crop" and self.trainer is not None and self.trainer.training:
            # Batches, not steps of the optimiser: accumulated gradients are of several batches.
            done = self.trainer.fit_loop.epoch_loop.batch_progress.total.ready
            number = done * self.trainer.world_size + self.trainer.global_rank
            generator = torch.Generator().manual_seed(self.order_seed * 1_000_003 + number)
            return flip_and_crop(batch[0], generator), *batch[1:]
        return batch

    def _evaluating(self, split: str) -> DataLoader[Any]:
        batches = _Batches(self.dataset.rows(split), told=True)
        return self._loader(batches, _Share(batches, *self._place()))

    def _place(self) -> tuple[int, int]:
        return (self.trainer.world_size, self.trainer.global_rank) if self.trainer else (1, 0)

    def _loader(self, batches: "_Batches", sampler: DistributedSampler[Any]) -> DataLoader[Any]:
        return DataLoader(
            batches,
            batch_size=self.batch_size,
            sampler=sampler,
            collate_fn=_as_read,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
        )


class _Share(DistributedSampler[Any]):
    """A process's share of a split in its order, each row once; filled up with -1 to the length of the longest."""

    def __init__(self, batches: "_Batches", ranks: int, rank: int) -> None:
        super().__init__(batches, ranks, rank, shuffle=False)
        self.rows = range(rank, len(batches), ranks)

    def __iter__(self) -> Iterator[int]:
        yield from self.rows
        yield from [-1] * (self.num_samples - len(self.rows))


class _Batches(Dataset[Any]):
    """Reads a whole batch by one index operation (the loader calls `__getitems__`).

    With `told`, a batch says which rows count: a row of index -1 does not.
    """

    def __init__(self, rows: Rows, told: bool = False) -> None:
        self.rows, self.told = rows, told

    def __len__(self) -> int:
        return len(self.rows.labels)

    def __getitems__(self, indices: list[int]) -> tuple[Tensor, ...]:
        read = self.rows[indices], self.rows.labels[indices]
        return (*read, torch.tensor(indices) >= 0) if self.told else read


def _as_read(batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return batch
