"""What an imputer changes, group by group, in the order of an explanation."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups
from xaiplug.errors import ComponentError

NET = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).double()


def test_sizes_by_hand():
    """Cells of 1, 2, 3 and 4 everywhere, black instead: L2 sizes 2, 4, 6 and 8; the order picks 4, 1, 3, 2."""
    cell = (torch.arange(4)[:, None] // 2 * 2 + torch.arange(4) // 2)[None]
    x = (cell + 1.0).double()[None]
    groups = FeatureGroups.from_labels(cell)
    ex = Explanation(torch.tensor([[3.0, 1.0, 2.0, 4.0]]).double(), "group", groups=groups)
    result = xaiplug.score(NET, x, ex, "perturbation-size", imputer="baseline", baseline="black", first=0.5)
    assert result.curve[0].tolist() == pytest.approx([8, 2, 6, 4])
    assert result.steps.tolist() == [0.25, 0.5, 0.75, 1]
    assert result.values.item() == pytest.approx(5 / 5)
    one = xaiplug.score(NET, x, ex, "perturbation-size", imputer="baseline", baseline="black")
    assert one.values.item() == pytest.approx(8 / 5)


def test_nothing_changed_is_undefined():
    x = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    ex = xaiplug.explain(NET, x, "gradient")
    assert xaiplug.score(NET, x, ex, "perturbation-size", imputer="baseline", baseline="black").values.isnan().all()


def test_an_imputer_without_pixels():
    networks = pytest.importorskip("xaiplug_trainers.networks.small_vit")
    vit = networks.SmallViT(size=16, patch=8, dim=8, depth=2, heads=2)
    x = torch.rand(1, 1, 16, 16)
    ex = xaiplug.explain(vit, x, "gradient")
    with pytest.raises(ComponentError, match="changes no pixels"):
        xaiplug.score(vit, x, ex, "perturbation-size", imputer="token-removal")
