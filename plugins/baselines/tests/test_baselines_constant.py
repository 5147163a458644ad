"""Black, mean and blur."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ComponentError
from xaiplug_baselines.blur import gaussian_blur

NET = nn.Sequential(nn.Flatten(), nn.Linear(3 * 36, 2))
X = torch.rand(2, 3, 6, 6)


class Shown(xaiplug.Explainer):
    """Gives back the (first) baseline that it was given."""

    needs = ("baseline",)

    def explain(self, query):
        return query.baseline[0].clone()


def built(baseline, x=X, model=NET, **options):
    return xaiplug.explain(model, x, Shown(), baseline=baseline, **options).attribution


def test_black_is_pixel_zero_whatever_the_normalisation():
    assert (built("black", model=Model(NET, mean=[0.5] * 3, std=[0.2] * 3)) == 0).all()
    assert (built("black", torch.rand(2, 5), nn.Linear(5, 2)) == 0).all()


def test_mean_of_the_model_is_zero_after_normalisation():
    model = Model(NET, mean=[0.1, 0.2, 0.3], std=[0.2] * 3)
    mean = built("mean", model=model)
    assert mean[0, :, 2, 2].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert model.module.normalise(mean).abs().max() == 0


def test_mean_of_a_model_without_normalisation_is_an_error():
    with pytest.raises(ComponentError, match=r"no normalisation.*of='image'"):
        built("mean")


def test_mean_of_the_image():
    mean = built(("mean", {"of": "image"}))
    torch.testing.assert_close(mean, X.mean((2, 3), keepdim=True).expand_as(X))
    with pytest.raises(ComponentError, match="of='data'"):
        built(("mean", {"of": "image"}), torch.rand(2, 5), nn.Linear(5, 2))


def test_mean_of_the_data_needs_the_pool():
    pool = torch.rand(10, 3, 6, 6), torch.zeros(10, dtype=torch.int64)
    mean = built(("mean", {"of": "data"}), pool=pool)
    torch.testing.assert_close(mean, pool[0].mean((0, 2, 3), keepdim=True)[0][None].expand_as(X))
    rows = torch.rand(10, 5)
    mean = built(("mean", {"of": "data"}), torch.rand(2, 5), nn.Linear(5, 2), pool=(rows, pool[1]))
    torch.testing.assert_close(mean, rows.mean(0).expand(2, 5))


def test_blur_keeps_constants_and_the_mean_of_a_periodic_image():
    flat = torch.full((1, 3, 9, 9), 0.4)
    torch.testing.assert_close(
        built(("blur", {"sigma": 3.0}), flat, nn.Sequential(nn.Flatten(), nn.Linear(243, 2))), flat
    )
    point = torch.zeros(1, 1, 21, 21, dtype=torch.float64)
    point[0, 0, 10, 10] = 1
    blurred = gaussian_blur(point, 1.5)
    assert blurred.sum().item() == pytest.approx(1, abs=1e-4)
    ratio = (blurred[0, 0, 10, 13] / blurred[0, 0, 10, 10]).item()
    assert ratio == pytest.approx(2.718281828 ** (-0.5 * 4), rel=1e-6)


def test_blur_is_scipys():
    ndimage = pytest.importorskip("scipy.ndimage")
    image = torch.rand(1, 1, 20, 30, dtype=torch.float64)
    theirs = ndimage.gaussian_filter(image[0, 0].numpy(), 2.0, mode="nearest", truncate=4)
    torch.testing.assert_close(gaussian_blur(image, 2.0)[0, 0], torch.from_numpy(theirs), rtol=1e-12, atol=1e-12)


def test_blur_is_for_images():
    with pytest.raises(ComponentError, match="images"):
        built("blur", torch.rand(2, 5), nn.Linear(5, 2))


@pytest.mark.parametrize("name", ["black", "blur", ("mean", {"of": "image"})])
def test_shape_dtype_and_batch(name):
    x = X.double()
    together = built(name, x, NET.double())
    assert together.dtype == torch.float64
    torch.testing.assert_close(together, torch.cat([built(name, row[None], NET) for row in x]))
    NET.float()
