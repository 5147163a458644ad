"""One training from a configuration to an exported model."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from xaiplug.errors import ComponentError, DataError, StoreError
from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.config import MACHINE_ONLY
from xaiplug_trainers.data.base import TaskData
from xaiplug_trainers.datamodule import TaskDataModule
from xaiplug_trainers.export import export
from xaiplug_trainers.isolation import bars_on_stderr, isolated, quiet
from xaiplug_trainers.named import imported

__all__ = ["train"]


def train(
    task: str,
    key: str,
    output: Path,
    config: dict[str, Any],
    *,
    arguments: Sequence[str] = (),
    data: TaskData | None = None,
) -> Path:
    """Train as `config`, then `arguments`, say; export into `output`; return the path of `model.yaml`.

    `task` and `key` name the model, also the checkpoint that a killed training goes on from; `--ckpt_path` of the
    arguments names another to begin with. `data` replaces what the
    configuration names; it must have the same shapes.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write the model of {task} into {output}: {error}") from error
    resume = output / ".resume"
    with isolated():
        with quiet():
            try:
                cli = _configured(config, arguments, output, resume / key)
            except MisconfigurationException as error:
                raise ComponentError(f"Lightning refuses these settings for {task}: {error}") from error
        if data is not None:
            cli.datamodule.dataset = data
        checkpoint = resume / key / "last.ckpt"
        if cli.config.ckpt_path is not None and not Path(cli.config.ckpt_path).is_file():
            raise DataError(f"no checkpoint at {cli.config.ckpt_path}")
        _fit(cli, checkpoint if checkpoint.exists() else cli.config.ckpt_path)
        if data is None:
            task = _called(task, config, cli.datamodule.dataset)
        model = output / "model.yaml"
        if cli.trainer.is_global_zero:
            model = export(cli.model, cli.datamodule.dataset, output, task=task, key=key, config=_used(cli))
            shutil.rmtree(resume, ignore_errors=True)
        cli.trainer.strategy.barrier("export")
    return model


def _called(task: str, config: dict[str, Any], data: TaskData) -> str:
    """The name of the task; of another data set, which the arguments put in its place, `module:Class`."""
    cls = type(data)
    declared = imported(":".join(config["data"]["dataset"]["class_path"].rsplit(".", 1)))
    return task if cls is declared else f"{cls.__module__}:{cls.__qualname__}"


def _fit(cli: LightningCLI, checkpoint: Path | str | None) -> None:
    """Train, from a checkpoint if there is one. Raises KeyboardInterrupt where Lightning would exit the process."""
    try:
        with quiet(), bars_on_stderr():
            cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=None if checkpoint is None else str(checkpoint))
    except SystemExit as end:
        if cli.trainer.interrupted:
            raise KeyboardInterrupt from end
        raise


def _used(cli: LightningCLI) -> dict[str, Any]:
    """The configuration that was used, as plain data, without what is this machine's alone."""
    config: dict[str, Any] = yaml.safe_load(cli.parser.dump(cli.config, skip_link_targets=True))
    config.pop("ckpt_path", None)
    for name in ("logger", "default_root_dir"):
        config["trainer"].pop(name, None)
    for name in MACHINE_ONLY:
        config["data"]["dataset"].get("init_args", {}).pop(name, None)
    return config


class _TaskCLI(LightningCLI):
    """LightningCLI whose network is told the shapes of the data, and that uses half precision where a GPU is."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_argument("--ckpt_path", type=str | None, default=None, help="Go on from this checkpoint.")
        parser.link_arguments("data.geometry", "model.geometry", apply_on="instantiate")
        parser.link_arguments("seed_everything", "data.order_seed")

    def before_instantiate_classes(self) -> None:
        trainer = self.config.trainer
        if trainer.precision is None and trainer.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
            trainer.precision = "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"


def _configured(config: dict[str, Any], arguments: Sequence[str], output: Path, checkpoints: Path) -> LightningCLI:
    """Trainer, model and data as Lightning's command line makes them from the configuration and the arguments."""
    config = {**config, "trainer": {**_trainer_defaults(output), **config.get("trainer", {})}}
    # Overwritten once an epoch: what a killed training goes on from.
    last = ModelCheckpoint(dirpath=checkpoints, filename="last", enable_version_counter=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return _TaskCLI(
            ImageClassifier,
            TaskDataModule,
            run=False,
            save_config_callback=None,
            trainer_defaults={"callbacks": [last]},
            args=[f"--config={path}", *arguments],
        )


def _trainer_defaults(output: Path) -> dict[str, Any]:
    folder = {"save_dir": str(output), "name": "logs"}
    logger = {"class_path": "pytorch_lightning.loggers.CSVLogger", "init_args": folder}
    return {"logger": logger, "default_root_dir": str(output), "enable_model_summary": False}
