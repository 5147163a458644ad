"""`parity=True` against the published procedure, written plainly in `published.py`."""

import numpy as np
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.calling.asking import base_query
from xaiplug.model import Model
from xaiplug_hsets.idg import subset_masks


def draws_of(net, x, samples):
    """The subsets that the explainer draws for the sets of one image, by size."""
    seed = int(base_query(Model(net), x[None]).randint(2**62).item())
    return lambda size: subset_masks(size, "sample", samples, seed).numpy()


@pytest.mark.parametrize(
    ("mu", "nu", "k", "max_rows"), [(0.5, 20, 5, None), (0.7, 12, 3, None), (0.55, 500, 2, 25), (0.9, 60, 5, None)]
)
def test_equal_sets_and_scores(cnn, images, published, mu, nu, k, max_rows):
    labels = torch.arange(144).view(12, 12) // 24
    labels[:4, :4] = -1  # covered by no mask: label 0 of the published code, a region like the others
    kept = 0
    ex = xaiplug.explain(
        cnn,
        images,
        "hsets",
        segmenter=labels[None],
        baseline="black",
        parity=True,
        mu=mu,
        nu=nu,
        k=k,
        max_rows=max_rows,
    )
    for b, x in enumerate(images):
        target = int(cnn(x[None]).argmax())
        sets = published.generate_sets(cnn, x, target, labels + 1, mu, nu, k, max_rows)
        used = ~ex.sets.values[b].isnan()
        assert int(used.sum()) == len(sets) > 0
        draw = draws_of(cnn, x, 30)
        scores = [published.attribute_set(cnn, x, one, draw(int(one.sum()))) for one in sets]
        for slot, (one, score) in enumerate(zip(sets, scores, strict=True)):
            assert np.array_equal(ex.sets.members[b, slot].flatten().numpy(), one)
            assert ex.sets.values[b, slot].item() == pytest.approx(np.nan_to_num(score), rel=1e-10)
            kept += score > 0
            assert len(np.flatnonzero(one)) <= nu + 1
        expected = torch.from_numpy(published.paint(sets, scores, x.shape))
        torch.testing.assert_close(ex.attribution[b], expected, rtol=1e-10, atol=1e-14)
    assert kept


def test_the_cap_is_off_by_one_in_parity(published, quadratic):
    net = nn.Sequential(quadratic({(0, j): 1.0 - j / 100 for j in range(1, 8)}, 8, torch.ones(8).double()))
    x = torch.ones(8, dtype=torch.float64)
    labels = torch.zeros(1, 8, dtype=torch.int64)
    sizes = {}
    for parity in (False, True):
        ex = xaiplug.explain(
            net, x[None], "hessian-sets", segmenter=labels, baseline=torch.zeros(8), nu=3, parity=parity
        )
        sizes[parity] = int(ex.sets.members.sum())
    assert sizes == {False: 3, True: 4}
    wrapped = lambda at: net(at)[:, None]  # noqa: E731
    assert np.array_equal(
        ex.sets.members[0, 0].numpy(),
        published.generate_sets(_Wrapped(wrapped), x, 0, labels[0], nu=3)[0],
    )


class _Wrapped(nn.Module):
    def __init__(self, run):
        super().__init__()
        self.run = run

    def forward(self, x):
        return self.run(x)
