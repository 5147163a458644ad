"""Explanations while a network learns."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
from matplotlib.figure import Figure
from pytorch_lightning.utilities.rank_zero import rank_zero_only
from torch import Tensor, nn

import xaiplug
from xaiplug.data.study import Curve
from xaiplug.errors import ComponentError, StoreError, XaiplugError

__all__ = ["ExplainCallback"]


class ExplainCallback(pl.Callback):
    """The same samples, methods and metrics before training and after every few epochs, as curves over epochs.

    Means go to every logger of the trainer as `METRIC/METHOD`; maps to those that take figures (TensorBoard, MLflow,
    Weights & Biases). `table()` and `plot()` have the curves, `report(path)` a page with them and the last maps; with
    `report="learning.html"` the page is written into the trainer's folder when training ends. A checkpoint keeps the
    curves, so a training that is resumed goes on with them. Every number hangs on the weights, the samples and `seed`
    alone: training is the same with the callback as without. On several devices the first one explains, and the others
    wait.

    A method that fails before training ends it, with its message; later it is a warning.

    Args:
        samples: what is explained, as the network takes it: `Samples`, whose labels are explained and whose truth is
            known to metrics, or inputs (B,*shape), of which the predicted class is. None: the first `limit` of the
            data module's `split`, or of the validation batches where it is not one of ours.
        explainers, metrics: as of `xaiplug.compare`.
        every: epochs between two looks.
        report: a file below the trainer's folder; None: no page.
        options: further arguments of `xaiplug.compare`: `target`, `baseline`, `segmenter`, `seed`, ...

    Raises:
        ComponentError: no explainer, `every` below 1, or no samples are to be had. Otherwise as `xaiplug.compare`.
    """

    def __init__(
        self,
        explainers: Mapping[str, Any] | Sequence[Any],
        metrics: Mapping[str, Any] | Sequence[Any] = (),
        samples: xaiplug.Samples | Tensor | None = None,
        *,
        split: str = "val",
        limit: int = 16,
        every: int = 1,
        report: str | None = "learning.html",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if every < 1 or limit < 1 or not explainers:
            raise ComponentError("give at least one explainer, and every and limit of at least 1")
        self.explainers, self.metrics, self.samples = explainers, metrics, samples
        self.split, self.limit, self.every, self.page = split, limit, every, report
        self.options = dict(options or {})
        self.epochs: list[int] = []
        self.values: dict[str, dict[str, list[list[float]]]] = {}
        self.last: xaiplug.Comparison | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The network as it begins; a training that is resumed has been looked at."""
        if not self.epochs and trainer.is_global_zero:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it knows nothing yet, and that is said by the curve
                self._look(trainer, pl_module, 0)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """One look, every so many epochs."""
        epoch = trainer.current_epoch + 1
        if trainer.is_global_zero and epoch % self.every == 0 and epoch not in self.epochs:
            try:
                self._look(trainer, pl_module, epoch)
            except XaiplugError as error:
                warnings.warn(f"epoch {epoch} is not explained: {error}", stacklevel=2)

    @rank_zero_only
    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the page."""
        if self.page is not None and self.last is not None:
            folder = Path(trainer.default_root_dir).resolve()
            path = (folder / self.page).resolve()
            if not path.is_relative_to(folder):
                raise StoreError(f"report '{self.page}' lies outside {folder}; name a file below it")
            self.report(path)

    def state_dict(self) -> dict[str, Any]:
        """The curves, as plain lists."""
        return {"epochs": list(self.epochs), "values": self.values}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the curves of a checkpoint."""
        self.epochs, self.values = list(state_dict["epochs"]), dict(state_dict["values"])

    def table(self) -> pd.DataFrame:
        """`epoch`, `metric`, `explainer`, `value`: means over samples, a row a look, metric and method."""
        return pd.DataFrame(
            [
                {"epoch": epoch, "metric": metric, "explainer": title, "value": _mean(values)}
                for metric, by_title in self.values.items()
                for title, looks in by_title.items()
                for epoch, values in zip(self.epochs, looks, strict=True)
            ],
            columns=["epoch", "metric", "explainer", "value"],
        )

    def plot(self) -> Figure:
        """A chart a metric: the mean of each method over epochs, with its 95 % band over samples."""
        return self._over_epochs().curves()

    def report(self, path: str | Path) -> Path:
        """A page with the curves, and the last look's scores and maps."""
        return self._over_epochs().report(path)

    def _over_epochs(self) -> xaiplug.Comparison:
        """The last look, with the curves of all."""
        if self.last is None:
            raise ComponentError("nothing was explained yet: fit first")
        study = self.last.study
        curves = self._curves(study.results["model"].iloc[0] if len(study.results) else "model")
        shown = replace(study, name=f"{study.name}, over {self.epochs[-1]} epochs", curves=curves)
        return xaiplug.Comparison(self.last.explanations, self.last.scores, shown)

    def _look(self, trainer: pl.Trainer, module: pl.LightningModule, epoch: int) -> None:
        samples = self._samples(trainer)
        given: dict[str, Any] = {"target": samples.labels if (samples.labels >= 0).all() else None}
        if self.metrics:
            given |= {"relevant": samples.relevant, "exact": samples.exact, "labels": samples.labels}
        with _resting(module), torch.inference_mode(False), torch.enable_grad():
            found = xaiplug.compare(
                module, samples.inputs, self.explainers, self.metrics, progress=False, **(given | self.options)
            )
        self.last = found
        self.epochs.append(epoch)
        for metric, by_title in found.scores.items():
            for title in found.explanations:
                values = by_title[title].values.tolist() if title in by_title else []
                looks = self.values.setdefault(metric, {}).setdefault(title, [])
                looks += [[] for _ in range(len(self.epochs) - 1 - len(looks))]
                looks.append(values)
        for by_title in self.values.values():
            for looks in by_title.values():
                looks += [[] for _ in range(len(self.epochs) - len(looks))]
        self._log(trainer, found)

    def _samples(self, trainer: pl.Trainer) -> xaiplug.Samples:
        if self.samples is None:
            self.samples = _first(trainer, self.split, self.limit)
        if isinstance(self.samples, Tensor):
            unknown = torch.full((len(self.samples),), -1)
            self.samples = xaiplug.Samples(self.samples, unknown)
        return self.samples

    def _log(self, trainer: pl.Trainer, found: xaiplug.Comparison) -> None:
        means = {
            f"{metric}/{title}": _mean(result.values.tolist())
            for metric, by_title in found.scores.items()
            for title, result in by_title.items()
        }
        for logger in trainer.loggers:
            if means:
                logger.log_metrics(means, step=trainer.global_step)
            if found.study.gallery:
                _picture(logger, found, trainer.global_step)

    def _curves(self, model: str) -> list[Curve]:
        curves = []
        for metric, by_title in self.values.items():
            for title, looks in by_title.items():
                most = max(map(len, looks))
                rows = [values + [float("nan")] * (most - len(values)) for values in looks]
                values = torch.tensor(rows, dtype=torch.float64).T
                epochs = torch.tensor(self.epochs, dtype=torch.float64)
                curves.append(
                    Curve(model, "over epochs", title, metric, int(self.options.get("seed", 0)), epochs, values)
                )
        return curves


def _first(trainer: pl.Trainer, split: str, limit: int) -> xaiplug.Samples:
    """The first samples of a split of ours, or of the validation batches."""
    dataset = getattr(getattr(trainer, "datamodule", None), "dataset", None)
    if hasattr(dataset, "samples"):
        found: xaiplug.Samples = dataset.samples(split, limit=limit)
        return found
    loaders = trainer.val_dataloaders
    batch = next(iter(loaders), None) if loaders is not None and not isinstance(loaders, list | dict) else None
    if not (isinstance(batch, list | tuple) and len(batch) == 2 and all(isinstance(part, Tensor) for part in batch)):
        raise ComponentError("no samples: the validation batches are not (inputs, labels); give samples=")
    inputs, labels = batch
    return xaiplug.Samples(inputs[:limit].cpu(), labels[:limit].cpu().long())


@contextmanager
def _resting(module: nn.Module) -> Iterator[None]:
    """In evaluation mode; each part has its own mode again after it."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def _picture(logger: Any, found: xaiplug.Comparison, step: int) -> None:
    """The maps, for loggers that take a figure."""
    experiment = logger.experiment
    if hasattr(experiment, "add_figure"):
        experiment.add_figure("explanations", found.plot(), step)
    elif hasattr(experiment, "log_figure"):
        experiment.log_figure(logger.run_id, found.plot(), f"explanations/{step:08}.png")
    elif hasattr(logger, "log_image"):
        logger.log_image(key="explanations", images=[found.plot()], step=step)


def _mean(values: Sequence[float]) -> float:
    """Of those that are there; NaN of none."""
    return float(torch.tensor(values, dtype=torch.float64).nanmean()) if values else float("nan")
