"""The one LightningModule of all tasks."""

from typing import Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.cli import OptimizerCallable
from torch import Tensor
from torch.optim.lr_scheduler import CosineAnnealingLR

from xaiplug_trainers.data.base import Geometry
from xaiplug_trainers.losses import loss_of
from xaiplug_trainers.named import split
from xaiplug_trainers.networks import build, kwargs_for
from xaiplug_trainers.normalise import Normalise

__all__ = ["ImageClassifier"]

Batch = tuple[Tensor, Tensor]


class ImageClassifier(pl.LightningModule):
    """A network, its loss and its optimiser; inputs are in pixel space, normalised here as the export will say.

    Args:
        network: a name of `networks/table.py`, `module:attribute` of your own, or its class_path and init_args.
        network_params: constructor arguments of the network beyond the shapes, which come from the data.
        loss: a name of `losses.py`, `module:attribute` of your own, or its class_path and init_args.
        loss_params: of the loss; cross entropies take `label_smoothing` and `weights`.
        optimizer: how to make the optimiser from parameters.
        schedule: of the learning rate, over all steps of the training: `cosine` falls to zero.
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
        geometry: Any = None,
    ) -> None:
        super().__init__()
        shapes: Geometry = geometry
        name, params = split(network, network_params)
        self.network_place, self.network_kwargs = kwargs_for(name, shapes.shape, shapes.outputs, params)
        self.network = build(self.network_place, self.network_kwargs, shapes.shape, shapes.outputs)
        self.takes_images = len(shapes.shape) == 3
        self.normalise = Normalise(shapes.mean, shapes.std)
        self.loss = loss_of(loss, loss_params)
        self.optimizer = optimizer
        self.schedule = schedule

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.network(self.normalise(x))
        return outputs

    def on_fit_start(self) -> None:
        if self.device.type == "cuda" and self.takes_images:
            self.network.to(memory_format=torch.channels_last)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        inputs, labels = batch
        loss = self.loss(self(inputs), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(labels))
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        inputs, labels = batch
        outputs = self(inputs)
        shared: dict[str, Any] = {"prog_bar": True, "sync_dist": True, "batch_size": len(labels)}
        self.log("val_loss", self.loss(outputs, labels), **shared)
        self.log("val_accuracy", correct(outputs, labels).float().mean(), **shared)

    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer(self.parameters())
        if self.schedule == "constant":
            return optimizer
        cosine = CosineAnnealingLR(optimizer, T_max=int(self.trainer.estimated_stepping_batches))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cosine, "interval": "step"}}


def correct(outputs: Tensor, labels: Tensor) -> Tensor:
    """Whether each prediction (B,) is right: the largest output, or whether a single output exceeds one half.

    Of labels (B,K), one answer a head, (B,K): whether its logit has the right sign.
    """
    if labels.ndim == 2:
        return (outputs > 0) == labels
    predicted = outputs.argmax(1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).long()
    return predicted == labels
