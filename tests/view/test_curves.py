from __future__ import annotations

import numpy as np
import torch

from xaiplug.data.study import Curve
from xaiplug.view.curves import charts


def curve(values, explainer="ig", seed=0, steps=None):
    values = torch.tensor(values, dtype=torch.float64)
    steps = torch.linspace(0, 1, values.shape[1]) if steps is None else torch.tensor(steps)
    return Curve("m", "d", explainer, "deletion", seed, steps, values)


def test_explainers_of_a_metric_share_a_chart():
    (chart,) = charts([curve([[1.0, 0.0]]), curve([[1.0, 0.5]], "random")])
    assert [line.explainer for line in chart.lines] == ["ig", "random"]


def test_seeds_are_averaged_per_sample():
    (chart,) = charts([curve([[1.0, 0.0], [1.0, 1.0]]), curve([[0.0, 0.0], [1.0, 1.0]], seed=1)])
    (line,) = chart.lines
    np.testing.assert_allclose(line.mean, [0.75, 0.5])
    assert line.count == 2
    assert line.low[1] <= 0.5 <= line.high[1]


def test_long_curves_are_thinned_and_keep_their_ends():
    (chart,) = charts([curve(torch.linspace(1, 0, 785).expand(3, -1).tolist())])
    (line,) = chart.lines
    assert len(line.steps) == 101
    assert (line.steps[0], line.steps[-1]) == (0, 1)


def test_undefined_curves_are_left_out():
    assert charts([curve([[float("nan")] * 3])]) == []
    (chart,) = charts([curve([[float("nan")] * 2, [1.0, 0.0]])])
    assert chart.lines[0].count == 1
    np.testing.assert_allclose(chart.lines[0].mean, [1, 0])


def test_a_seed_with_other_steps_does_not_mix_in():
    (chart,) = charts([curve([[1.0, 0.0]]), curve([[9.0, 9.0]], seed=1, steps=[0.0, 2.0])])
    np.testing.assert_allclose(chart.lines[0].mean, [1, 0])
