"""One training from a configuration to an exported model."""

import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from pytorch_lightning.cli import LightningCLI
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from xaiplug.errors import ComponentError, DataError, StoreError
from xaiplug_trainers.command import BEST, configured
from xaiplug_trainers.config import MACHINE_ONLY
from xaiplug_trainers.data.base import TaskData
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

    Raises:
        ComponentError: what Lightning refuses. DataError: data or network that will not do. StoreError: the folder.
    """
    resume = output / ".resume"
    with isolated():
        try:
            with quiet():
                cli = configured(config, arguments, output, resume / key)
            if data is not None:
                cli.datamodule.dataset = data
            _make(output, task)
            start, begun = _start(cli, resume / key / "last.ckpt")
            _fit(cli, start)
        except (MisconfigurationException, ModuleNotFoundError) as error:
            raise ComponentError(f"Lightning refuses these settings for {task}: {error}{_hint(str(error))}") from error
        except ValueError as error:
            if "ensorboard" not in str(error):
                raise
            raise ComponentError(
                f"the logger of {task} needs tensorboard: install xaiplug-trainers[tensorboard]"
            ) from error
        if data is None:
            task = _called(task, config, cli.datamodule.dataset)
        model = output / "model.yaml"
        if cli.trainer.is_global_zero:
            trained = _trained(cli, resume / key / f"{BEST}.ckpt", begun)
            model = export(
                cli.model, cli.datamodule.dataset, output, task=task, key=key, config=_used(cli), trained=trained
            )
            shutil.rmtree(resume, ignore_errors=True)
        cli.trainer.strategy.barrier("export")
    return model


def _hint(message: str) -> str:
    return (
        "; --trainer.accelerator=auto takes what is there" if "backend" in message or "accelerator" in message else ""
    )


def _make(output: Path, task: str) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write the model of {task} into {output}: {error}") from error


def _start(cli: LightningCLI, last: Path) -> tuple[str | None, int]:
    """The checkpoint to go on from, if there is one, and how many steps lie behind one that was named."""
    named: str | None = cli.config.ckpt_path
    if last.exists():
        return str(last), 0
    return named, 0 if named is None else _steps_of(named)


def _steps_of(checkpoint: str) -> int:
    """Raises DataError for a file that is not there, would run code when it is read, or is no checkpoint."""
    if not Path(checkpoint).is_file():
        raise DataError(f"no checkpoint at {checkpoint}")
    try:
        return int(torch.load(checkpoint, map_location="cpu", weights_only=True)["global_step"])
    except Exception as error:
        raise DataError(f"{checkpoint} is no checkpoint of plain data, and nothing else is read: {error}") from error


def _fit(cli: LightningCLI, checkpoint: str | None) -> None:
    """Train, from a checkpoint if there is one. Raises KeyboardInterrupt where Lightning would exit the process."""
    try:
        with quiet(), bars_on_stderr():
            cli.trainer.fit(cli.model, cli.datamodule, ckpt_path=checkpoint, weights_only=True)  # runs nothing of it
    except SystemExit as end:
        if cli.trainer.interrupted:
            raise KeyboardInterrupt from end
        raise


def _trained(cli: LightningCLI, best: Path, begun: int) -> dict[str, Any]:
    """How long the network was trained; puts the best weights in place, if asked for.

    A training of no steps is warned about.
    """
    weights = "last"
    if cli.config.export == BEST and best.is_file():
        state = torch.load(best, map_location="cpu", weights_only=True)
        cli.model.load_state_dict(state["state_dict"])
        weights = BEST
    if cli.trainer.global_step == begun:
        weights = "the checkpoint's" if begun else "untrained"
        what = f"those of {cli.config.ckpt_path}" if begun else "the weights that the network began with"
        warnings.warn(
            f"not a step was trained (max_epochs: {cli.trainer.max_epochs}); exported are {what}", stacklevel=3
        )
    return {"epochs": cli.trainer.current_epoch, "steps": cli.trainer.global_step, "weights": weights}


def _called(task: str, config: dict[str, Any], data: TaskData) -> str:
    """The name of the task; of another data set, which the arguments put in its place, `module:Class`."""
    cls = type(data)
    declared = imported(":".join(config["data"]["dataset"]["class_path"].rsplit(".", 1)))
    return task if cls is declared else f"{cls.__module__}:{cls.__qualname__}"


def _used(cli: LightningCLI) -> dict[str, Any]:
    """The configuration that was used, as plain data, without what is this machine's alone."""
    config: dict[str, Any] = yaml.safe_load(cli.parser.dump(cli.config, skip_link_targets=True))
    config.pop("ckpt_path", None)
    for name in ("logger", "default_root_dir"):
        config["trainer"].pop(name, None)
    for name in MACHINE_ONLY:
        config["data"]["dataset"].get("init_args", {}).pop(name, None)
    return config
