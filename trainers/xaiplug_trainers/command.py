"""Lightning's command line for a task: trainer, model and data of a configuration and of arguments."""

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.datamodule import TaskDataModule
from xaiplug_trainers.machine import precision_for

__all__ = ["BEST", "configured"]

BEST = "best"


class _TaskCLI(LightningCLI):
    """LightningCLI whose network is told the shapes of the data, and that uses half precision where a GPU is."""

    def __init__(self, *args: Any, checkpoints: Path, **kwargs: Any) -> None:
        self.checkpoints = checkpoints
        super().__init__(*args, **kwargs)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--ckpt_path", type=str | None, default=None, help="Go on from this checkpoint.")
        parser.add_argument(
            "--export",
            type=Literal["last", "best"],
            default="last",
            help="Whose weights are exported: of the last epoch, or of the one with the lowest val_loss.",
        )
        parser.link_arguments("data.geometry", "model.geometry", dataclasses.asdict, apply_on="instantiate")
        parser.link_arguments("seed_everything", "data.order_seed")

    def before_instantiate_classes(self) -> None:
        trainer = self.config.trainer
        trainer.precision = precision_for(trainer.precision, trainer.accelerator)

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Callback]) -> Trainer:
        bare = config["barebones"]
        if self.config.export == BEST and (bare or config["fast_dev_run"] or config["limit_val_batches"] == 0):
            raise MisconfigurationException("export: best needs a validation after every epoch; export: last does not")
        if bare:  # it stands no logger and no summary, and keeps nothing
            config = {**config, "logger": None, "enable_model_summary": None}
        try:
            return super()._instantiate_trainer(config, callbacks if bare else [*callbacks, *self._keeping()])
        except TypeError as error:  # of devices that are none of the accelerator's
            raise MisconfigurationException(str(error)) from error

    def _keeping(self) -> list[Callback]:
        """The last epoch, which a killed training goes on from, and the best one, if that is asked for."""
        last = ModelCheckpoint(dirpath=self.checkpoints, filename="last", enable_version_counter=False)
        if self.config.export != BEST:
            return [last]
        best = ModelCheckpoint(
            dirpath=self.checkpoints,
            filename=BEST,
            monitor="val_loss",
            save_weights_only=True,
            enable_version_counter=False,
        )
        return [best, last]


def configured(config: dict[str, Any], arguments: Sequence[str], output: Path, checkpoints: Path) -> LightningCLI:
    """Trainer, model and data as Lightning's command line makes them from the configuration and the arguments."""
    config = {**config, "trainer": {**_trainer_defaults(output), **config.get("trainer", {})}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return _TaskCLI(
            ImageClassifier,
            TaskDataModule,
            run=False,
            save_config_callback=None,
            auto_configure_optimizers=False,
            args=[f"--config={path}", *arguments],
            checkpoints=checkpoints,
        )


def _trainer_defaults(output: Path) -> dict[str, Any]:
    folder = {"save_dir": str(output), "name": "logs"}
    logger = {"class_path": "pytorch_lightning.loggers.CSVLogger", "init_args": folder}
    return {"logger": logger, "default_root_dir": str(output), "enable_model_summary": False}
