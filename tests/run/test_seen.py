"""Which samples a model was trained on, as far as the data says."""

from types import SimpleNamespace

import pytest
import torch

from xaiplug.data.samples import Samples
from xaiplug.run.compute import _seen

SEEN = torch.tensor([[1, 0], [0, 1], [1, 1]])


def told(params, **extras):
    samples = Samples(torch.rand(3, 2), torch.zeros(3, dtype=torch.int64), extras=extras)
    models = {"m": SimpleNamespace(params=params)}
    config = SimpleNamespace(file=SimpleNamespace(models=models))
    return _seen(SimpleNamespace(config=config, model=lambda _: torch.nn.Linear(2, 2).weight), "m", samples)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_model_of_a_fold_has_seen_its_column(fold):
    assert torch.equal(told({"fold": fold}, seen=SEEN), SEEN[:, fold] == 1)


@pytest.mark.parametrize(
    ("params", "extras"),
    [
        ({"fold": 2}, {"seen": SEEN}),
        ({"fold": "0"}, {"seen": SEEN}),
        ({}, {"seen": SEEN}),
        ({"fold": 0}, {}),
        ({"fold": 0}, {"seen": SEEN[:, 0]}),
    ],
    ids=["no such fold", "no number", "no fold", "nothing said", "no columns"],
)
def test_where_nothing_is_said_nothing_is_known(params, extras):
    assert told(params, **extras) is None
