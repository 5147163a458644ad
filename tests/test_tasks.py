"""A task bound to the parameters of one model of a study."""

import torch

from xaiplug import Samples, Task
from xaiplug.kinds.task import BoundTask


class Recording(Task):
    """A task that only notes how it is trained again."""

    asked = []

    def train(self, output, arguments=(), **params):
        raise AssertionError("not asked for")

    def samples(self, split, **params):
        raise AssertionError("not asked for")

    def key(self, **params):
        return str(sorted(params.items()))

    def refit(self, output, train, *, seed, **params):
        self.asked.append((seed, params))
        return output / "model.yaml"


def test_the_seed_of_a_refit_stands_in_for_the_model_s_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path))
    monkeypatch.setattr("xaiplug.model.export.load_export", lambda path, **_: path)
    task, train = Recording(), Samples(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64))
    places = {BoundTask(task, {"seed": own, "width": 8}).refit(train, seed=7) for own in (1, 2)}
    assert task.asked == [(7, {"width": 8})] * 2
    assert len(places) == 2  # kept apart by the model's own seed: its explanations differ
