"""The one LightningModule of all tasks."""

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR
from torchmetrics import MeanMetric

from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry
from xaiplug_trainers.losses import loss_of
from xaiplug_trainers.machine import layout_for
from xaiplug_trainers.named import split
from xaiplug_trainers.networks import build, kwargs_for
from xaiplug_trainers.normalise import Normalise
from xaiplug_trainers.scores import Scores, correct

__all__ = ["ImageClassifier"]

Batch = tuple[Tensor, Tensor, Tensor]
"""Inputs, labels, and which rows count: a share of a split is filled up, so that all processes have as many."""


class ImageClassifier(pl.LightningModule):
    """A network, its loss and its optimiser; inputs are in pixel space, normalised here as the export will say.

    Args:
        network: a name of `networks/table.py`, `module:attribute` of your own, or its class_path and init_args.
        network_params: constructor arguments of the network beyond the shapes, which come from the data.
        loss: a name of `losses.py`, `module:attribute` of your own, or its class_path and init_args.
        loss_params: of the loss; cross entropies take `label_smoothing` and `weights`.
        optimizer: how to make the optimiser from parameters.
        schedule: of the learning rate, over all steps of the training: `cosine` falls to zero.
        warmup_steps: the learning rate rises in even steps to its full value, before the schedule begins.
        compile: the network is compiled by torch while it is trained.
        geometry: the data's shapes and normalisation; linked to the data by the command line.
    """

    def __init__(
        self,
        network: str | dict[str, Any] = "small-cnn",
        network_params: dict[str, Any] | None = None,
        loss: str | dict[str, Any] = "cross-entropy",
        loss_params: dict[str, Any] | None = None,
        optimizer: OptimizerCallable = torch.optim.Adam,
        schedule: Literal["constant", "cosine"] = "constant",
        warmup_steps: int = 0,
        compile: bool = False,
        geometry: Any = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        shapes = Geometry(**geometry) if isinstance(geometry, Mapping) else geometry
        self._keep_plain(shapes)
        name, params = split(network, network_params)
        self.network_place, self.network_kwargs = kwargs_for(name, tuple(shapes.shape), shapes.outputs, params)
        self.network = build(self.network_place, self.network_kwargs, tuple(shapes.shape), shapes.outputs)
        self.geometry = shapes
        self.normalise = Normalise(shapes.mean, shapes.std)
        self.loss = loss_of(loss, loss_params)
        self.optimizer = optimizer
        self.schedule = schedule
        self.warmup_steps = warmup_steps
        self.compiled = compile
        self.lr: float | None = None
        """What Lightning's LearningRateFinder finds; it stands in for the optimiser's own."""
        self.val_loss, self.val_accuracy = MeanMetric(), MeanMetric()
        self.scores = nn.ModuleList()

    def _keep_plain(self, shapes: Geometry) -> None:
        """Hyperparameters are plain data, so that a checkpoint is read without running anything of it."""
        self.hparams["geometry"] = asdict(shapes)
        if callable(self.hparams.get("optimizer")):
            del self.hparams["optimizer"]

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.network(self.normalise(x))
        return outputs

    def on_fit_start(self) -> None:
        self.network.to(memory_format=layout_for(self.device.type, self.geometry.shape))
        if self.compiled:
            self.network.compile()

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        inputs, labels = batch
        loss = self.loss(self(inputs), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        outputs, labels = self._counted(batch)
        if len(labels):
            self.val_loss.update(self.loss(outputs, labels), len(labels))
            self.val_accuracy.update(correct(outputs, labels).float())
        self.log("val_loss", self.val_loss, prog_bar=True, batch_size=len(labels))
        self.log("val_accuracy", self.val_accuracy, prog_bar=True, batch_size=len(labels))

    def on_test_start(self) -> None:
        loaders = self.trainer.test_dataloaders
        count = len(loaders) if isinstance(loaders, list | tuple) else 1
        self.scores = nn.ModuleList(Scores() for _ in range(count)).to(self.device)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        outputs, labels = self._counted(batch)
        if len(labels):
            self.scores[dataloader_idx].update(outputs, labels)

    def on_test_epoch_end(self) -> None:
        """Log `<split>_accuracy` and `<split>_auroc`, and both of every class or attribute."""
        module = getattr(self.trainer, "datamodule", None)
        splits = getattr(module, "test_splits", None) or [f"test{n or ''}" for n in range(len(self.scores))]
        for name, scores in zip(splits, self.scores, strict=True):
            found = scores.compute()
            values = {f"{name}_{what}": found[what] for what in ("accuracy", "auroc")}
            for number, called in enumerate(module.dataset.class_names if module else ()):
                values |= {f"{name}_{what}/{called}": found[f"{what}_of"][number] for what in ("accuracy", "auroc")}
            self.log_dict({key: value.float() for key, value in values.items() if not value.isnan()})

    def predict_step(self, batch: Any, batch_idx: int = 0, dataloader_idx: int = 0) -> Tensor:
        """Probabilities (B,K) of inputs, or of the rows of a batch that count; a single output (B,1) as it is."""
        outputs = self(batch) if isinstance(batch, Tensor) else self._counted(batch)[0]
        if self.geometry.output == "sigmoid":
            return outputs.sigmoid()
        return outputs.softmax(1) if outputs.shape[1] > 1 else outputs

    def _counted(self, batch: Batch) -> tuple[Tensor, Tensor]:
        inputs, labels, counts = batch
        outputs = self(inputs)
        return outputs[counts], labels[counts]

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer(self.parameters())
        for group in optimizer.param_groups if self.lr is not None else ():
            group["lr"] = self.lr
        schedule = self._schedule(optimizer)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _schedule(self, optimizer: Optimizer) -> LRScheduler | None:
        warmup = self.warmup_steps
        rise = LinearLR(optimizer, 1 / (warmup + 1), total_iters=warmup) if warmup else None
        if self.schedule == "constant":
            return rise
        steps = self.trainer.estimated_stepping_batches
        if not isfinite(steps):
            raise DataError(
                "schedule: cosine falls to zero over all steps, and with max_epochs: -1 nobody knows how many there "
                "are; say max_epochs or max_steps, or schedule: constant"
            )
        if steps <= warmup:
            raise DataError(f"warmup_steps: {warmup} of {int(steps)} steps leave none for the schedule")
        cosine = CosineAnnealingLR(optimizer, T_max=int(steps) - warmup)
        return cosine if rise is None else SequentialLR(optimizer, [rise, cosine], [warmup])
