import dataclasses
from itertools import pairwise

import pytest
import torch
from torch import nn

from xaiplug import Explanation, Model, Samples, component
from xaiplug.errors import ComponentError
from xaiplug_retraining.ops import filling, ranks, without


class Nearest(nn.Module):
    """Predicts the class whose training mean is nearest: 'trains' in no time, and depends on the data alone."""

    def __init__(self, samples: Samples):
        super().__init__()
        flat = samples.inputs.flatten(1)
        self.register_buffer("means", torch.stack([flat[samples.labels == k].mean(0) for k in range(2)]))

    def forward(self, x):
        return -torch.cdist(x.flatten(1), self.means)


@dataclasses.dataclass
class Task:
    """Class 1 has a bright first pixel; everything else is noise."""

    fitted: list = dataclasses.field(default_factory=list)

    def samples(self, split, limit=None):
        g = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
        inputs, labels = torch.rand(400, 1, 4, 4, generator=g) * 0.2, torch.arange(400) % 2
        inputs[:, 0, 0, 0] = labels.float()
        return Samples(inputs, labels)[:limit]

    def model(self):
        return Model(Nearest(self.samples("train")))

    def refit(self, train, *, seed):
        self.fitted.append((train, seed))
        return Model(Nearest(train))


def pointing_at(position):
    def explain(model, samples):
        attribution = torch.zeros_like(samples.inputs)
        attribution[:, 0, position // 4, position % 4] = -1.0
        return Explanation(attribution, level="input")

    return explain


def test_removing_the_only_informative_pixel_leaves_chance_and_removing_another_changes_nothing():
    roar = component("metric", "roar", levels=[7.0], repeats=2)
    right = roar.retrain(Task(), pointing_at(0), [5])
    wrong = roar.retrain(Task(), pointing_at(15), [5])
    assert right.values.shape == (2,)
    assert right.better == "lower"
    assert right.values.mean() == pytest.approx(0.5, abs=0.08)
    assert wrong.values.tolist() == [1.0, 1.0]


def test_every_level_is_trained_once_per_seed_on_what_was_removed():
    task = Task()
    result = component("metric", "roar", levels=[25.0, 50.0], repeats=3, train_limit=100).retrain(
        task, pointing_at(0), [4, 9]
    )
    assert [seed for _, seed in task.fitted] == [4, 5, 6, 4, 5, 6]
    assert {len(train) for train, _ in task.fitted} == {100}
    assert result.curve.shape == (3, 2)
    assert result.steps.tolist() == [25.0, 50.0]
    torch.testing.assert_close(result.values, result.curve.mean(1))


def test_xai_bench_takes_whole_features_and_the_area():
    """Cut-offs 0, .1, .3, .5, .7, .9 of five features: int() removes 0, 0, 1, 2, 3, 4."""
    rank = torch.arange(5)[None]
    x, fill = torch.ones(1, 5), torch.zeros(5)
    levels = (0.0, 10.0, 30.0, 50.0, 70.0, 90.0)
    assert [int((without(x, rank, level, fill) == 0).sum()) for level in levels] == [0, 0, 1, 2, 3, 4]
    assert int((without(torch.ones(1, 50), torch.arange(50)[None], 58.0, torch.zeros(50)) == 0).sum()) == 29
    task = Task()
    result = component("metric", "roar", levels=list(levels), value="area", repeats=1).retrain(
        task, pointing_at(0), [0]
    )
    known, rest = 1.0, result.curve[0, 2:]
    assert result.curve[0, 0] == known
    by_hand = 0.1 * (known + result.curve[0, 1]) / 2 + 0.2 * (result.curve[0, 1] + rest[0]) / 2
    by_hand += sum(0.2 * (one + other) / 2 for one, other in pairwise(rest.tolist()))
    assert result.values.item() == pytest.approx(by_hand.item(), rel=1e-6)
    with pytest.raises(ComponentError, match="an area needs two levels"):
        component("metric", "roar", levels=[50.0, 10.0], value="area")


def test_ranks_are_by_magnitude_or_by_value_with_ties_in_raster_order():
    explanation = Explanation(torch.tensor([[[[0.0, -3.0], [2.0, 2.0]]]]), level="input")
    assert ranks(explanation, (1, 2, 2), "absolute").tolist() == [[[3, 0], [1, 2]]]
    assert ranks(explanation, (1, 2, 2), "signed").tolist() == [[[2, 3], [0, 1]]]


def test_channels_are_removed_together_and_become_their_means():
    x = torch.rand(3, 2, 2, 2)
    fill = filling(x, x, "mean", 0)
    changed = without(x, torch.tensor([[[0, 1], [2, 3]]]).expand(3, 2, 2), 50, fill)
    assert changed[:, :, 1].equal(x[:, :, 1])
    torch.testing.assert_close(changed[:, :, 0], x.mean((0, 2, 3))[None, :, None].expand(3, 2, 2))


def test_resampled_rows_come_from_their_own_columns_and_belong_to_the_sample():
    train = torch.arange(12.0).view(4, 3)
    rows = torch.rand(5, 3)
    drawn = filling(rows, train, "resample", 0)
    assert (drawn % 3 == torch.tensor([0.0, 1.0, 2.0])).all()
    assert filling(rows[[2]], train, "resample", 0).equal(drawn[[2]])
    assert not filling(rows, train, "resample", 1).equal(drawn)
