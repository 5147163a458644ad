"""What the supplement prints and can be held, or refuted, by numbers."""

import pytest
import torch

import xaiplug

TABLE_14 = {250: 0.990, 1000: 0.961, 2000: 0.928, 3000: 0.898, 5000: 0.845}


def test_table_14_is_five_disjoint_sets_that_fill_the_cap():
    """Sparsity 1 - 5ν/150528 (T7, for k = 5 on 3x224x224 scalars) to .0115; two sets of pixels would be off by .044."""
    full = {nu: 1 - 5 * nu / (3 * 224 * 224) for nu in TABLE_14}
    assert max(abs(full[nu] - printed) for nu, printed in TABLE_14.items()) < 0.0115
    pixels = {nu: 1 - 2 * nu / 224**2 for nu in TABLE_14}
    assert max(abs(pixels[nu] - printed) for nu, printed in TABLE_14.items()) > 0.04


def scored(net, x, labels):
    """Scores (G,) by all subsets, their sum; baseline 0."""
    rows = torch.tensor([x], dtype=torch.float64)
    baseline = torch.zeros_like(rows[0])
    params = {"subsets": "exact", "aggregate": "sum", "segmenter": torch.tensor([labels])}
    return xaiplug.explain(net, rows, "idg", baseline=baseline, **params).attribution[0].tolist()


def test_lemma_1_fails_for_unit_directions(formula):
    """f = x at x = 0.1 changes by 0.1, and the one set scores the slope, which is 1."""
    assert scored(formula(lambda x: x[:, 0]), [0.1], [0]) == pytest.approx([1.0])


def test_lemma_4_fails_for_absolute_values(formula):
    """f' = x and f'' = -x add up to 0, and their scores to 2."""
    one, other = scored(formula(lambda x: x[:, 0]), [1.0], [0]), scored(formula(lambda x: -x[:, 0]), [1.0], [0])
    both = scored(formula(lambda x: 0 * x[:, 0]), [1.0], [0])
    assert (one, other, both) == ([1], [1], [0])
