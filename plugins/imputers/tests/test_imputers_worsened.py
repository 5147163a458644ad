"""Corruptions and adversarial perturbations, patch by patch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import MaskedGame, Model
from xaiplug.calling.asking import asking, base_query, complete
from xaiplug.calling.given import Given
from xaiplug.errors import ShapeError
from xaiplug_imputers.corruptions import CORRUPTIONS, brightness, plasma, saturate
from xaiplug_imputers.sizes import sizes
from xaiplug_imputers.warps import glass_blur, zoom_blur
from xaiplug_imputers.worsened import PGD, Corruption

SIDE = 32


class Needs(xaiplug.Explainer):
    needs = ("imputer",)

    def explain(self, query):
        raise NotImplementedError


def photo(images=2, channels=3, dtype=torch.float32):
    noise = torch.rand(images, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    smooth = nn.functional.avg_pool2d(noise, 9, 1, 4)
    return ((smooth - smooth.amin()) / (smooth.amax() - smooth.amin()) * 0.8 + 0.1).to(dtype)


def asked(imputer, x, network=None, **options):
    if network is None:
        network = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 4)).to(x.dtype)
        nn.init.normal_(network[1].weight, std=0.1)
    model = Model.of(network)
    with asking(model):
        query = base_query(model, x, **options)
        return complete(query, Needs(), Given(segmenter=("grid", {"patch": 8}), imputer=imputer))[0]


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_and_severity(name, channels):
    """Worse with severity, in [0,1], the same whatever the batch, in the dtype of the inputs."""
    x = photo(channels=channels)
    distances = []
    for severity in range(1, 6):
        imputer = Corruption(name=name, severity=severity)
        worse = imputer.worse(asked(imputer, x))
        assert worse.shape == x.shape
        assert worse.dtype == x.dtype
        assert worse.min() >= 0
        assert worse.max() <= 1
        distances.append(float((worse - x).square().mean()))
        single = imputer.worse(asked(imputer, x[1:]))
        torch.testing.assert_close(single[0], worse[1], rtol=1e-5, atol=1e-6)
    if name == "saturate":
        assert distances[0] > 0 or channels == 1
        assert distances[1] >= distances[0]
        assert distances[4] >= distances[2]
    elif name == "elastic":
        assert min(distances) > 0  # severities are finer grained, not farther away
    else:
        assert distances[-1] > distances[0] >= 0  # a blur of 3 pixels in 224 is none at 32


def test_frost_is_a_share_of_the_image_and_pale_blue_ice():
    x = torch.zeros(1, 3, 64, 64, dtype=torch.float64)
    ice = Corruption(name="frost", severity=1).worse(asked(Corruption(name="frost"), x))[0]
    assert 0.3 < ice.max() <= 0.4
    assert ice.min() >= 0
    torch.testing.assert_close(ice[0] / ice[2].clamp(min=1e-9), torch.full((64, 64), 0.86).double())
    assert ice[2].std() > 0.05  # it has a texture
    half = Corruption(name="frost", severity=5).worse(asked(Corruption(name="frost"), x + 0.1))[0]
    bare = Corruption(name="frost", severity=5).worse(asked(Corruption(name="frost"), x + 0.1, seed=3))[0]
    assert half.min() >= 0.06 - 1e-12
    assert not torch.equal(half, bare)


def test_patches_are_cut_from_the_whole_corrupted_image():
    x = photo()
    imputer = Corruption(name="gaussian-blur")
    query = asked(imputer, x)
    worse = imputer.worse(query)
    keep = torch.rand(2, 5, 16, generator=torch.Generator().manual_seed(1)) < 0.5
    with asking(query.model):
        answered = MaskedGame(query).logits(torch.arange(2).repeat_interleave(5), keep.flatten(0, 1))
        rows = torch.arange(2).repeat_interleave(5)
        on = query.groups.keep(rows, keep.flatten(0, 1))[:, None]
        expected = query.model(torch.where(on, x[rows], worse[rows]))
    torch.testing.assert_close(answered, expected, rtol=1e-5, atol=1e-6)


def test_binding_again_draws_the_same():
    x = photo()
    query = asked(Corruption(), x)
    assert torch.equal(Corruption().worse(query), Corruption().worse(query))
    other = asked(Corruption(), x, seed=1)
    assert not torch.equal(Corruption().worse(query), Corruption().worse(other))


def test_noise_has_its_published_width():
    x = torch.full((1, 3, 128, 128), 0.5)
    noise = Corruption(severity=1).worse(asked(Corruption(), x)) - x
    assert noise.std() == pytest.approx(0.08, rel=0.02)
    shot = Corruption(name="shot-noise", severity=1).worse(asked(Corruption(), x)) - x
    assert shot.std() == pytest.approx((0.5 / 60) ** 0.5, rel=0.03)
    salt = Corruption(name="impulse-noise", severity=5).worse(asked(Corruption(), x))
    assert (salt != 0.5).float().mean() == pytest.approx(0.27, rel=0.03)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 255), min_size=3, max_size=3), st.floats(0, 0.5))
def test_brightness_and_saturation_are_those_of_hsv(colour, shift):
    colours = pytest.importorskip("skimage.color")
    pixel = torch.tensor(colour, dtype=torch.float64).view(3, 1, 1) / 255
    hsv = colours.rgb2hsv(pixel.permute(1, 2, 0).numpy())
    hsv[..., 2] = (hsv[..., 2] + shift).clip(0, 1)
    expected = torch.from_numpy(colours.hsv2rgb(hsv)).permute(2, 0, 1)
    torch.testing.assert_close(brightness(pixel, shift, None), expected, rtol=0, atol=1e-9)
    hsv = colours.rgb2hsv(pixel.permute(1, 2, 0).numpy())
    if hsv[..., 1] > 0:
        hsv[..., 1] = (hsv[..., 1] * 2 + 0.1).clip(0, 1)
        expected = torch.from_numpy(colours.hsv2rgb(hsv)).permute(2, 0, 1)
        torch.testing.assert_close(saturate(pixel, (2, 0.1), None), expected, rtol=0, atol=1e-6)


def test_plasma_is_rougher_with_less_decay():
    rough, smooth = (plasma(64, decay, torch.Generator().manual_seed(0)) for decay in (1.2, 2.0))
    assert rough.shape == (64, 64)
    assert rough.min() == 0
    assert rough.max() == 1
    assert rough.diff(dim=0).abs().mean() > 2 * smooth.diff(dim=0).abs().mean()


def shown(name, x, severity=5):
    return Corruption(name=name, severity=severity).worse(asked(Corruption(name=name), x))


@pytest.mark.parametrize("name", ["glass-blur", "zoom-blur", "elastic", "jpeg"])
def test_a_plain_image_cannot_be_moved(name):
    x = torch.full((1, 3, SIDE, SIDE), 128 / 255)
    torch.testing.assert_close(shown(name, x), x, rtol=0, atol=3 / 255)


def test_glass_only_moves_pixels():
    """Without its blur (deviation ~ 0) every value is still there, elsewhere by at most the reach and its rounds."""
    x = torch.rand(1, 224, 224, generator=torch.Generator().manual_seed(0))
    moved = glass_blur(x, (1e-9, 1, 1), torch.Generator().manual_seed(1))
    torch.testing.assert_close(moved.flatten().sort().values, x.flatten().sort().values)
    assert (moved != x).float().mean() > 0.5


def test_zoom_blur_is_the_mean_of_magnifications():
    """A bright centre stays, a bright dot off the centre is drawn outwards."""
    x = torch.zeros(1, 33, 33)
    x[0, 16, 16] = x[0, 16, 24] = 1
    blurred = zoom_blur(x, (1.5, 0.1), None)[0]
    assert blurred[16, 16] > blurred[16, 24] > 0
    assert blurred[16, 27] > 0
    assert blurred[16, 20] == 0


def test_snow_whitens_and_falls():
    x = photo() * 0.5
    assert shown("snow", x).mean() > x.mean() + 0.1


def test_spatter_is_water_and_mud():
    """Water adds its pale colour; mud replaces by its brown where it is."""
    x = torch.full((1, 3, 96, 96), 0.5)
    water, mud = shown("spatter", x, 1), shown("spatter", x, 5)
    assert (water - x).min() >= -1e-6
    assert water[:, 2].mean() > water[:, 0].mean()
    assert mud.amin((2, 3))[0] == pytest.approx([63 / 255, 42 / 255, 20 / 255], abs=0.1)


def test_corruptions_are_for_images():
    with pytest.raises(ShapeError, match="corruptions are for images"):
        xaiplug.explain(nn.Linear(5, 2), torch.rand(1, 5), Values(), imputer="corruption")


class Values(xaiplug.Explainer):
    """v of every single group."""

    needs = ("imputer",)

    def explain(self, query):
        return MaskedGame(query)(torch.eye(query.groups.count, dtype=torch.bool).expand(len(query), -1, -1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_pgd_stays_in_its_ball_and_lowers_the_target(dtype):
    x = photo(dtype=dtype)
    query = asked("pgd", x)
    with asking(query.model):
        found = PGD().worse(query)
        score = query.target.score(query.model(found))
    norm = (found - x).flatten(1).norm(dim=1)
    assert (norm <= 1 + 1e-5).all()
    assert (norm > 0.5).all()
    assert (score < query.scores).all()
    assert found.min() >= 0
    assert found.max() <= 1
    with asking(query.model):
        first = PGD(steps=1).worse(query)
        changed = sizes(query)
    torch.testing.assert_close((first - x).flatten(1).norm(dim=1), torch.full((2,), 0.2, dtype=dtype))
    torch.testing.assert_close(changed.square().sum(1).sqrt(), norm)


def test_pgd_of_a_linear_score_goes_straight_to_the_edge():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 1)).double()
    x = torch.full((1, 3, SIDE, SIDE), 0.5, dtype=torch.float64)
    query = asked("pgd", x, net)
    with asking(query.model):
        found = PGD().worse(query)
    weight = net[1].weight.view_as(x).detach()
    torch.testing.assert_close(found, x - weight / weight.norm(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("imputer", ["pgd", ("corruption", {"name": "fog"})])
def test_by_name_through_the_door(imputer):
    x = photo()
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 4))
    values = xaiplug.explain(net, x, Values(), imputer=imputer, segmenter=("grid", {"patch": 8})).attribution
    assert values.shape == (2, 16)
    assert values.isfinite().all()
