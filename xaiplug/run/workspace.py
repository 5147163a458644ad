"""Models, data and segmentations of a run, each loaded once per process."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from xaiplug.api import load_model
from xaiplug.cache import cache_folder
from xaiplug.config import Config, Variant
from xaiplug.config.schema import DataEntry
from xaiplug.data.samples import Pool, Samples
from xaiplug.errors import ComponentError, ConfigError, StoreError, listing
from xaiplug.kinds import Component, Segmenter
from xaiplug.model.adapter import Model
from xaiplug.model.asked import Asked
from xaiplug.model.passes import in_parts
from xaiplug.model.traits import tensors_digest
from xaiplug.origins import digest
from xaiplug.run.answers import Answers
from xaiplug.run.cells import Cell
from xaiplug.run.plan import Facts
from xaiplug.run.segments import labels_of
from xaiplug.run.select import Selected, filtered, loaded, select
from xaiplug.run.threads import threads
from xaiplug.sources.references import located, scheme_of
from xaiplug.sources.tasks import task_of

Made = TypeVar("Made")


class Workspace:
    """What the cells of one run share. A model that failed to load fails again at once, with the same error."""

    def __init__(self, config: Config, *, trains: bool = True) -> None:
        """
        Args:
            trains: train a task's model that is not in the cache; if not, it is a model that does not load.

        Raises:
            ConfigError: `XAIPLUG_DEVICE` names no device that is there.
        """
        device()
        self.config, self.trains = config, trains
        self.seen = Answers(config.folder)
        self.asked = Asked()
        self._kept: dict[Any, Any] = {}
        known = [*(one for section in config.variants.values() for one in section), *config.defaults.values()]
        self._variants = {(one.section, one.label): one for one in reversed(known) if one is not None}

    def model(self, name: str) -> Model:
        """A model of the run file, on the GPU where there is one (`XAIPLUG_DEVICE` says otherwise)."""

        def make() -> Model:
            entry = self.config.file.models[name]
            use, params = located("model-source", entry.use, entry.params, self.config.root)
            if not self.trains and scheme_of("model-source", use) == "task":
                task = task_of(use.partition(":")[2])
                if not task.place(**params).is_file():
                    raise StoreError(
                        f"model '{name}' is not trained yet, or not in the cache of this machine ({cache_folder()}); "
                        "machines that share a run share one by XAIPLUG_CACHE"
                    )
            model = load_model(use, **params)
            if entry.reads is not None:
                model = model.reading(entry.reads)
            self.once(("traits", name), model.traits)  # before it answers: networks note things when they do
            model.module.to(device())
            return model

        return self.once(("model", name), make)

    def traits(self, name: str) -> dict[str, str]:
        """What can be read from a model (`Model.traits`), as it was loaded."""
        self.model(name)
        return self.once(("traits", name), dict)

    def fingerprint(self, name: str) -> str:
        return self.once(("fingerprint", name), lambda: digest(self.traits(name)))

    def answers(self, cell: Cell) -> str:
        """What stands for the model's answers to the cell's samples in an address."""

        def told() -> str:
            inputs, network = self.selected(cell).samples.inputs, self.fingerprint(cell.model)
            with threads(self.config.file.threads):
                return self.seen.told(self.model(cell.model), network, inputs)

        return self.once(("answers", cell.model, cell.data), told)

    def images_fingerprint(self, cell: Cell) -> str:
        """Hash of the inputs of a cell's samples alone."""
        selected = self.selected(cell)
        return self.once(("images", id(selected)), lambda: tensors_digest([("", selected.samples.inputs)]))

    def facts(self) -> dict[str, Facts]:
        """What the plan must know of each data set; looks at its first sample."""

        return {name: self.once(("facts", name), partial(self._facts, name)) for name in self.config.file.data}

    def _facts(self, name: str) -> Facts:
        first = loaded(self.config.file.data[name], self.config.root, 1)
        return Facts(first.relevant is not None, first.inputs.ndim, () if first.exact is None else first.exact.says)

    def selected(self, cell: Cell) -> Selected:
        """The samples of a cell: its data, filtered by its model where the run file says so."""
        by_model = cell.model if self.config.file.data[cell.data].keep != "all" else ""
        return self.once(("selected", cell.data, by_model), lambda: self._select(cell.data, by_model))

    def _select(self, data: str, model: str) -> Selected:
        entry = self.config.file.data[data]
        limit = None if filtered(entry) else entry.limit
        samples = self.once(("data", data), lambda: loaded(entry, self.config.root, limit))
        return self._filtered(data, entry, samples, model)

    def _filtered(self, name: str, entry: DataEntry, samples: Samples, model: str) -> Selected:
        """Samples as an entry filters them; what the model says of them is computed as in a cell."""
        asked = self.model(model) if model else None
        with threads(self.config.file.threads):
            return select(name, entry, samples, asked)

    def pool(self, model: str) -> Pool:
        """The pool, with what the model says of it."""
        return self.once(("pool", model), lambda: self._pool(model))

    def _pool(self, name: str) -> Pool:
        samples, model = self._pool_samples(name).samples, self.model(name)
        inputs = samples.inputs.to(model.device)
        with torch.no_grad(), model.frozen():
            logits = torch.cat(in_parts(lambda rows: model(inputs[rows]), len(inputs), inputs[0].numel()))
        return Pool(inputs, samples.labels.to(model.device), logits.argmax(1))

    def pool_fingerprint(self, model: str) -> str:
        return self._pool_samples(model).fingerprint

    def _pool_samples(self, model: str) -> Selected:
        entry = self.config.file.pool
        if entry is None:
            raise ComponentError("this draws from further samples; say which under 'pool:' in the run file")
        by_model = model if entry.keep != "all" else ""

        def make() -> Selected:
            samples = loaded(entry, self.config.root, None if filtered(entry) else entry.limit)
            return self._filtered("pool", entry, samples, by_model)

        return self.once(("pool samples", by_model), make)

    def labels(self, cell: Cell, segmenter: str, seed: int) -> Tensor:
        """Labels (N,H,W) of a cell's samples by a segmenter of the run file."""
        component = self.component("segmenters", segmenter)
        assert isinstance(component, Segmenter)
        selected = self.selected(cell)
        key = ("labels", segmenter, seed if component.stochastic else None, selected.fingerprint)
        return self.once(key, lambda: labels_of(component, selected.samples.inputs, seed))

    def variant(self, section: str, label: str) -> Variant | None:
        """An entry (or one of its sweep) by its label, or the default of an absent section; None for no label."""
        if not label:
            return None
        if (section, label) not in self._variants:
            raise StoreError(f"the run file has no '{label}' in {section} any more; run it again")
        return self._variants[section, label]

    def component(self, section: str, label: str) -> Component | None:
        variant = self.variant(section, label)
        if variant is not None and variant.component is None:
            raise ComponentError(f"the default {variant.section[:-1]} '{variant.label}' is not installed")
        return None if variant is None else variant.component

    def once(self, key: Any, make: Callable[[], Made]) -> Made:
        """What `make` gives, made once for a key; an error is kept too, and raised again."""
        if key not in self._kept:
            try:
                self._kept[key] = make()
            except Exception as error:
                self._kept[key] = _Failed(error)
        kept = self._kept[key]
        if isinstance(kept, _Failed):
            raise kept.error
        return cast(Made, kept)


class _Failed:
    def __init__(self, error: Exception) -> None:
        self.error = error


def device() -> torch.device:
    """`XAIPLUG_DEVICE`, else the GPU where there is one.

    Raises:
        ConfigError: it names no device that is there.
    """
    given = os.environ.get("XAIPLUG_DEVICE")
    if not given:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=given).device
    except (RuntimeError, AssertionError) as error:
        there = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
        there += ["mps"] * torch.backends.mps.is_available()
        raise ConfigError(
            f"XAIPLUG_DEVICE={given}: no such device on this machine; there is {listing(['cpu', *there])}"
        ) from error
