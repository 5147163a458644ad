"""Noisy linear imputation: the spec's numbers, and an independent sparse solve."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve
from torch import nn

import xaiplug
from xaiplug import MaskedGame
from xaiplug.data.seeds import generator
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.testing import imputer_checks
from xaiplug_imputers import stencil
from xaiplug_imputers.noisy_linear import NoisyLinear

EXACT = NoisyLinear(noise=0.0)


@pytest.mark.parametrize("check", imputer_checks(["noisy-linear"]))
def test_conformance(check):
    check()


def by_hand(image, removed):
    """The definition, pixel by pixel: image (H,W,K), removed (H,W)."""
    height, width = removed.shape
    number = {at: n for n, at in enumerate(zip(*removed.nonzero(), strict=True))}
    matrix, right = lil_matrix((len(number),) * 2), np.zeros((len(number), image.shape[2]))
    for (row, column), n in number.items():
        near = [
            (row + i, column + j, 1 / 6 if 0 in (i, j) else 1 / 12) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j
        ]
        near = [(r, c, w) for r, c, w in near if 0 <= r < height and 0 <= c < width]
        total = sum(w for *_, w in near)
        matrix[n, n] = 1
        for r, c, w in near:
            if (r, c) in number:
                matrix[n, number[r, c]] -= w / total
            else:
                right[n] += w / total * image[r, c]
    return spsolve(matrix.tocsc(), right).reshape(right.shape)


def masks(side):
    generator = np.random.default_rng(0)
    row, column = np.indices((side, side))
    blob = np.zeros((side, side), bool)
    blob[3:-2, 2:-4] = True
    yield from (generator.random((side, side)) < share for share in (0.05, 0.5, 0.9, 0.99))
    yield from (blob, row > 0, (row > 0) | (column > 0), row + column > 1, (row - 9) ** 2 + (column - 4) ** 2 > 9)


@pytest.mark.parametrize("side", [12, 33])
def test_equals_an_independent_sparse_solve(side):
    image = np.random.default_rng(1).random((side, side, 3))
    for removed in masks(side):
        found = stencil.System.of(removed).solve(image.transpose(2, 0, 1)).T
        np.testing.assert_allclose(found, by_hand(image, removed), rtol=0, atol=1e-9)


@pytest.mark.parametrize("near", [0, 99])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 0.99), st.integers(2, 40), st.integers(2, 40))
def test_either_preconditioner_on_any_mask(near, seed, share, height, width):
    generator = np.random.default_rng(seed)
    removed = generator.random((height, width)) < share
    removed[generator.integers(height), generator.integers(width)] = False
    if not removed.any():
        return
    image = generator.random((height, width, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stencil, "_NEAR", near)
        patch.setattr(stencil, "_SMALL", 4)
        found = stencil.System.of(removed).solve(image.transpose(2, 0, 1)).T
    np.testing.assert_allclose(found, by_hand(image, removed), rtol=0, atol=1e-8)


def ramp(side=3):
    return (torch.arange(side)[:, None] + 10 * torch.arange(side))[None, None].double()


@pytest.mark.parametrize(("at", "value"), [((1, 1), 11.0), ((0, 0), 6.6), ((0, 1), 10.5)])
def test_oracles_on_a_ramp(at, value):
    keep = torch.ones(1, 3, 3, dtype=torch.bool)
    keep[(0, *at)] = False
    assert EXACT.impute(ramp(), keep)[(0, 0, *at)].item() == pytest.approx(value, abs=1e-12)


def test_constant_and_affine_images_are_reproduced():
    keep = torch.rand(1, 9, 9, generator=generator(0)) < 0.3
    constant = torch.full((1, 3, 9, 9), 0.7).double()
    torch.testing.assert_close(EXACT.impute(constant, keep), constant, rtol=0, atol=1e-12)
    inside = torch.ones(1, 9, 9, dtype=torch.bool)
    inside[:, 1:-1, 1:-1] = False
    torch.testing.assert_close(EXACT.impute(ramp(9), inside), ramp(9), rtol=0, atol=1e-9)


def test_kept_pixels_are_bit_equal_and_nothing_removed_is_the_identity():
    x = torch.rand(2, 3, 7, 5)
    keep = torch.rand(2, 7, 5) < 0.5
    drawn = NoisyLinear().impute(x, keep, generators=[generator(1), generator(2)])
    on = keep[:, None].expand_as(x)
    assert torch.equal(drawn[on], x[on])
    assert not torch.equal(drawn[~on], x[~on])
    assert torch.equal(NoisyLinear().impute(x, torch.ones_like(keep), generators=[generator(1), generator(2)]), x)


def test_everything_removed():
    x = torch.rand(2, 3, 4, 4).double()
    nothing = torch.zeros(2, 4, 4, dtype=torch.bool)
    torch.testing.assert_close(EXACT.impute(x, nothing), x.mean((2, 3), keepdim=True).expand_as(x))
    with pytest.raises(ComponentError, match="nothing is kept"):
        NoisyLinear(noise=0.0, empty="error").impute(x, nothing)


def test_noise_is_in_pixel_units_and_on_removed_pixels_only():
    x = torch.full((1, 1, 100, 100), 0.5).double()
    keep = (torch.arange(100) % 2 == 0).expand(1, 100, 100)
    noise = NoisyLinear(noise=0.2).impute(x, keep, generators=[generator(3)]) - x
    assert noise[:, :, keep[0]].abs().max() == 0
    assert noise[:, :, ~keep[0]].std().item() == pytest.approx(0.2, rel=0.05)


def test_rows_do_not_depend_on_each_other():
    x = torch.rand(3, 3, 24, 24)
    keep = torch.rand(3, 24, 24) < 0.2
    keep[2] = keep[0]
    together = EXACT.impute(x, keep)
    for row in range(3):
        assert torch.equal(together[row], EXACT.impute(x[row : row + 1], keep[row : row + 1])[0])


def test_channels_on_their_own():
    x, keep = torch.rand(2, 3, 6, 6), torch.rand(2, 3, 6, 6) < 0.5
    found = EXACT.impute(x, keep)
    for channel in range(3):
        torch.testing.assert_close(
            found[:, channel : channel + 1], EXACT.impute(x[:, channel : channel + 1], keep[:, channel])
        )


def test_rows_and_embeddings_are_refused():
    with pytest.raises(ShapeError, match="imputer='baseline'"):
        EXACT.impute(torch.rand(2, 5), torch.ones(2, 5, dtype=torch.bool))


def test_in_a_game():
    """The empty coalition is defined, so that Shapley values and curves can use it."""

    class Ends(xaiplug.Explainer):
        needs = ("imputer",)

        def explain(self, query):
            game = MaskedGame(query)
            return (game.full() - game.empty())[:, None].expand(-1, query.groups.count)

    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    found = xaiplug.explain(
        net, torch.rand(2, 3, 4, 4), Ends(), imputer="noisy-linear", segmenter=("grid", {"patch": 2})
    )
    assert found.attribution.shape == (2, 4)
