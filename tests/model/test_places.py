"""Maps and tokens keep their places: on oblong images, in every order of axes, with tokens that have none."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug.model.looking import images
from xaiplug.model.maps import map_layer
from xaiplug.model.patches import patches_of
from xaiplug.model.places import fades, read

ORDERS = {
    "NCHW": (0, 1, 2, 3), "NHWC": (0, 2, 3, 1), "NCWH": (0, 1, 3, 2), "NWHC": (0, 3, 2, 1), "NHCW": (0, 2, 1, 3),
}  # fmt: skip


def embedded(rows, columns, width, size=8, seed=0, draws=4):
    """Maps (20,D,h,w) that a patch embedding makes of the fades, and the images' size."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        patch = nn.Conv2d(3, width, size, size).double()
    like = torch.rand(3, rows * size, columns * size, dtype=torch.float64)
    images = torch.cat([fades(like, 0, 1, draw) for draw in range(draws)])
    with torch.no_grad():
        return patch(images), images.shape[2:]


grids = st.tuples(st.integers(2, 6), st.integers(2, 6))


@settings(max_examples=40, deadline=None)
@given(grids, st.integers(8, 12), st.sampled_from(sorted(ORDERS)), st.integers(0, 99))
def test_maps_in_any_order_of_axes(grid, width, order, seed):
    maps, size = embedded(*grid, width, seed=seed)
    given_ = maps.permute(ORDERS[order])[:, None]
    found = read(given_, size)
    assert found.grid == grid
    assert torch.equal(found.maps(given_[1]), maps[1:2])


@settings(max_examples=40, deadline=None)
@given(grids, st.integers(8, 12), st.integers(0, 6), st.booleans(), st.booleans(), st.integers(0, 99))
def test_tokens_in_any_order_after_any_prefix(grid, width, prefix, by_columns, channels_first, seed):
    maps, size = embedded(*grid, width, seed=seed)
    tokens = (maps.mT if by_columns else maps).flatten(2).mT
    front = torch.randn(1, prefix, width, dtype=torch.float64).expand(20, prefix, width)
    given_ = torch.cat([front, tokens], 1)[:, None]
    given_ = given_.mT if channels_first else given_
    found = read(given_, size)
    assert (found.grid, found.prefix) == (grid, prefix)
    assert torch.equal(found.maps(given_[1]), maps[1:2])
    assert prefix == 0 or torch.equal(found.others(given_[1]), front[:1])


@pytest.mark.parametrize("shape", [(1, 24, 8), (1, 8, 4, 6), (1, 6, 4, 8)])
@pytest.mark.parametrize("draw", [torch.randn, torch.zeros])
def test_what_answers_to_no_place_has_none(shape, draw):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert read(draw(20, *shape), (32, 48)) is None


def test_attention_weights_are_no_maps():
    maps, size = embedded(4, 6, 8)
    tokens = maps.flatten(2).mT
    weights = (tokens.unflatten(2, (2, 4)).transpose(1, 2) @ tokens.unflatten(2, (2, 4)).permute(0, 2, 3, 1)).softmax(
        -1
    )
    assert read(weights[:, None], size) is None


def of_timm(name, **options):
    timm = pytest.importorskip("timm")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return timm.create_model(name, pretrained=False, **options).eval()


def hugging_face(kind, **options):
    transformers = pytest.importorskip("transformers")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = getattr(transformers, f"{kind}Config")(num_labels=5, **options)
        return getattr(transformers, f"{kind}ForImageClassification")(config).eval()


SMALL = {"image_size": 64, "patch_size": 8, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
SWIN = {"image_size": 64, "patch_size": 4, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 2], "window_size": 4}
ONE = {"depths": (1, 1, 1, 1)}
NEXT = {"dims": (8, 16, 24, 32), **ONE}
WINDOWS = {"img_size": (64, 96), "window_size": 2, "embed_dim": 24, **ONE}
OTHER = {"img_size": 64, "dynamic_img_size": True, "depth": 3}
OBLONG = {"img_size": (48, 80), "depth": 3}
VIT, DEIT = "vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224"
NETWORKS = {  # maker, size, layer named -> grid, tokens in front
    "timm swin": (lambda: of_timm("swin_tiny_patch4_window7_224", **WINDOWS), (64, 96),
                  {None: (2, 3), "layers.1": (8, 12)}, 0),
    "timm swinv2": (lambda: of_timm("swinv2_tiny_window8_256", **WINDOWS), (64, 96), {None: (2, 3)}, 0),
    "timm convnext": (lambda: of_timm("convnext_atto", **NEXT), (64, 96),
                      {None: (2, 3), "stages.1.blocks.0": (8, 12)}, 0),
    "timm convnext, channels last": (lambda: of_timm("convnext_atto", conv_mlp=False, **NEXT), (64, 96),
                                     {"stages.0.blocks.0.mlp": (16, 24)}, 0),
    "timm mambaout": (lambda: of_timm("mambaout_femto", **NEXT), (64, 96), {None: (2, 3)}, 0),
    "timm vit, other size": (lambda: of_timm(VIT, **OTHER), (64, 96), {None: (4, 6), "blocks.2": (4, 6)}, 1),
    "timm vit, padded": (lambda: of_timm(VIT, dynamic_img_pad=True, **OTHER), (60, 90), {None: (4, 6)}, 1),
    "timm vit, registers": (lambda: of_timm(VIT, reg_tokens=4, **OBLONG), (48, 80), {None: (3, 5)}, 5),
    "timm vit, mean": (lambda: of_timm(VIT, global_pool="avg", class_token=False, **OBLONG), (48, 80),
                       {None: (3, 5)}, 0),
    "timm deit, distilled": (lambda: of_timm(DEIT, **OBLONG), (48, 80), {None: (3, 5)}, 2),
    "timm hybrid": (lambda: of_timm("vit_tiny_r_s16_p8_224", img_size=(64, 96), depth=2), (64, 96), {None: (2, 3)}, 1),
    "hugging face vit": (lambda: hugging_face("ViT", **SMALL), (64, 64), {None: (8, 8)}, 1),
    "hugging face swin": (lambda: hugging_face("Swin", **SWIN), (64, 64),
                          {None: (8, 8), "swin.encoder.layers.0.blocks.0": (16, 16)}, 0),
    "hugging face dinov2": (lambda: hugging_face("Dinov2WithRegisters", **SMALL), (64, 96), {None: (8, 12)}, 5),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_of_every_library(name):
    make, size, layers, prefix = NETWORKS[name]
    net = make()
    for layer, grid in layers.items():
        model = Model(net, input_range=(0, 1))
        with model.frozen():
            found = map_layer(model, torch.rand(1, 3, *size), layer)
        assert (found.places.grid, found.places.prefix) == (grid, prefix), found
        for method in ("grad-cam", "grad-cam++"):
            ex = xaiplug.explain(net, torch.rand(2, 3, *size), method, layer=layer, target=1)
            assert ex.attribution.shape == (2, grid[0] * grid[1])
            assert ex.meta["layer"] == found.name
            assert ex.meta["grid"] == list(grid)


def test_a_vit_asked_at_other_sizes():
    """The table of cases: 24 values on 4x6, 4 on 2x2; every method that reads tokens goes along."""
    net = of_timm("vit_tiny_patch16_224", img_size=64, dynamic_img_size=True, depth=3, num_classes=5)
    for size, count in (((64, 96), 24), ((32, 32), 4)):
        x = torch.rand(2, 3, *size)
        assert xaiplug.explain(net, x, "grad-cam").attribution.shape == (2, count)
        rolled = xaiplug.explain(net, x, "attention-rollout")
        assert rolled.attribution.shape == (2, count)
        assert (rolled.groups.sizes() == 256).all()
        removed = xaiplug.explain(net, x, "moxi", imputer="token-removal", steps=2)
        assert removed.attribution.shape == (2, count)
        assert torch.equal(removed.groups.labels, rolled.groups.labels)


def test_pixels_of_patches():
    """Left over at the edge, padded, and behind a stem of convolutions."""
    left = of_timm("vit_tiny_patch16_224", img_size=(40, 70), depth=1)
    labels = Model(left).tokens.patches(torch.rand(1, 3, 40, 70)).labels
    assert labels[0, ::16].tolist() == [0, 1, 2, 3, -1]
    assert labels[::16, 0].tolist() == [0, 4, -1]
    padded = of_timm("vit_tiny_patch16_224", img_size=64, dynamic_img_size=True, dynamic_img_pad=True, depth=1)
    labels = Model(padded).tokens.patches(torch.rand(1, 3, 40, 70)).labels
    assert labels[0, [15, 16, 63, 64, 69]].tolist() == [0, 1, 3, 4, 4]
    assert labels[[31, 32, 39], 0].tolist() == [5, 10, 10]
    stem = of_timm("vit_tiny_r_s16_p8_224", img_size=(64, 96), depth=1)
    labels = Model(stem).tokens.patches(torch.rand(1, 3, 64, 96)).labels
    assert labels[0, [0, 31, 32, 95]].tolist() == [0, 0, 1, 2]


def test_sequence_first():
    class SequenceFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.mix, self.head = nn.Conv2d(3, 6, 4, 4), nn.Linear(6, 6), nn.Linear(6, 4)

        def forward(self, x):
            return self.head(self.mix(self.patch(x).flatten(2).permute(2, 0, 1)).relu().mean(0))

    net, x = SequenceFirst().eval(), torch.rand(3, 3, 8, 20)
    ex = xaiplug.explain(net, x, "grad-cam", layer="mix", target=1)
    assert ex.attribution.shape == (3, 10)
    single = torch.cat([xaiplug.explain(net, one[None], "grad-cam", layer="mix", target=1).attribution for one in x])
    torch.testing.assert_close(ex.attribution, single)


def test_what_has_no_places_says_what_to_name():
    net, x = of_timm("swin_tiny_patch4_window7_224", **WINDOWS), torch.rand(1, 3, 64, 96)
    for layer in ("layers.0.blocks.0.attn", "head.global_pool"):
        with pytest.raises(ModelError, match=rf"'{layer}' .* for one image of 64x96.*name another layer="):
            xaiplug.explain(net, x, "grad-cam", layer=layer)


def test_a_layer_that_the_score_does_not_use():
    class Unused(nn.Sequential):
        def forward(self, x):
            self[0](x)
            return self[4](self[3](self[2](self[1](x))))

    net = Unused(nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval()
    with pytest.raises(ModelError, match=r"no gradient of the score .* comes through layer '0'"):
        xaiplug.explain(net, torch.rand(1, 3, 8, 12), "grad-cam", layer="0", target=0)


def test_what_a_layer_hands_on_besides_what_it_returns_counts():
    class Stash(nn.Sequential):
        def forward(self, x):
            self.kept = super().forward(x)
            return self.kept

    class Both(nn.Module):
        def __init__(self, twice):
            super().__init__()
            self.body, self.head, self.twice = Stash(nn.Conv2d(3, 4, 3), nn.ReLU()), nn.Linear(4, 2), twice

        def forward(self, x):
            returned = self.body(x)
            return self.head((returned + self.body.kept if self.twice else 2 * returned).mean((2, 3)))

    torch.manual_seed(0)
    plain, stashed, x = Both(twice=False).eval(), Both(twice=True).eval(), torch.rand(2, 3, 8, 12)
    stashed.load_state_dict(plain.state_dict())
    maps = [xaiplug.explain(net, x, "grad-cam", layer="body", target=1) for net in (plain, stashed)]
    assert torch.allclose(maps[0].attribution, maps[1].attribution, atol=1e-6)
    assert maps[0].attribution.any()
    assert [found.meta["forwards"] for found in maps] == [2, 2]


def test_what_comes_before_a_layer_keeps_nothing_for_a_backward():
    kept = []
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net.append(nn.Linear(4, 2)).eval()
    net[1].register_forward_hook(lambda module, inputs, output: kept.append(output.requires_grad))
    for _ in range(2):
        xaiplug.explain(net, torch.rand(1, 3, 8, 12), "grad-cam", layer="2", target=0)
    assert kept[-1] is False


def test_the_global_random_state_is_left_alone():
    net = of_timm("convnext_atto", **NEXT)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    xaiplug.explain(net, torch.zeros(1, 3, 64, 96), "grad-cam", target=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_precision_changes_no_place(dtype):
    net = of_timm("vit_tiny_patch16_224", img_size=(48, 80), depth=3).to(dtype)
    ex = xaiplug.explain(net, torch.rand(1, 3, 48, 80, dtype=dtype), "grad-cam", target=0)
    assert (ex.meta["layer"], ex.meta["grid"]) == ("blocks.1", [3, 5])


@pytest.mark.parametrize(("rows", "columns"), [(20, 5), (5, 20)])
def test_no_map_has_more_places_than_the_image_has_pixels(rows, columns):
    images = fades(torch.zeros(3, 20, 20, dtype=torch.float64), 0, 1)
    maps = nn.functional.interpolate(images, size=(rows, columns), mode="area")[:, None]
    assert read(maps, (20, 20)).grid == (rows, columns)
    assert read(maps, (10, 10)) is None


def test_one_patch_is_the_whole_image():
    for prefix in (0, 2):
        embed = lambda x, prefix=prefix: x.mean((2, 3))[:, None].repeat(1, prefix + 1, 1)  # noqa: E731
        patches = patches_of(embed, torch.zeros(1, 3, 4, 6), prefix)
        assert patches.grid == (1, 1)
        assert torch.equal(patches.labels, torch.zeros(4, 6, dtype=torch.int64))


@pytest.mark.parametrize(("range_", "x", "low", "high"), [
    ((-1.0, 3.0), torch.rand(1, 3, 40, 50), -1, 3),
    (None, 2 + 3 * torch.linspace(0, 1, 6000).view(1, 3, 40, 50), 2, 5),
    (None, torch.full((1, 3, 40, 50), 7.0), 0, 1),
])  # fmt: skip
def test_what_a_network_is_shown_fills_its_range_or_that_of_its_input(range_, x, low, high):
    shown = images(SimpleNamespace(input_range=range_), x)
    width = high - low
    assert low <= shown.min() < low + 0.05 * width
    assert high - 0.05 * width < shown.max() <= high


def test_fades_go_from_one_noise_to_another_and_stay_in_the_range():
    made = fades(torch.zeros(3, 40, 50, dtype=torch.float64), -1.0, 3.0)
    assert -1 <= float(made.min()) < -0.9
    assert 2.9 < float(made.max()) <= 3
    plain, down, up, right, left = made
    torch.testing.assert_close(down + up, right + left)
    other = down + up - plain
    torch.testing.assert_close(down[:, 19], plain[:, 19] + 19.5 / 40 * (other - plain)[:, 19])


@pytest.mark.parametrize("grid", [(1, 12), (12, 1)])
def test_a_single_row_or_column_of_places(grid):
    maps, size = embedded(*grid, 10)
    found = read(maps[:, None], size)
    assert found.grid == grid
    assert torch.equal(found.maps(maps[:, None][1]), maps[1:2])
