"""Networks in 16 bits: they compute in them, and nothing else does."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups, Model
from xaiplug.cli import main
from xaiplug.errors import ShapeError

HALF = (torch.float16, torch.bfloat16)
IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)).bfloat16().float()


class Wide(nn.Module):
    """Weights in 16 bits, computed with in 32: what differs from a network in 32 bits is not the network."""

    def __init__(self, dtype):
        super().__init__()
        torch.manual_seed(0)
        self.network = nn.Sequential(
            nn.Conv2d(3, 8, 5, padding=2), nn.Tanh(), nn.AvgPool2d(8), nn.Flatten(), nn.Linear(512, 3)
        )
        self.network.bfloat16().to(dtype)  # the same numbers in all precisions
        self.eval()

    def forward(self, x):
        assert x.dtype == next(self.parameters()).dtype
        weights = {name: value.float() for name, value in self.network.named_parameters()}
        return torch.func.functional_call(self.network, weights, (x.float(),))


def explained(dtype, method, **options):
    return xaiplug.explain(Wide(dtype), IMAGES.to(dtype), method, target=1, **options)


@pytest.mark.parametrize("dtype", HALF, ids=str)
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("gradient", {}),
        ("integrated-gradients", {"steps": 200}),
        ("xrai", {"base": "gradient", "scales": (50.0, 250.0), "side": None}),
        ("superpixel", {"base": "gradient", "segmenter": torch.arange(64)[None, :, None].expand(1, 64, 64) // 32}),
        ("occlusion", {"window": 16}),
        ("kernel-shap", {"segmenter": ("grid", {"patch": 32})}),
        ("hsets", {"segmenter": ("grid", {"patch": 32}), "k": 1, "max_rows": 4}),
        ("ig2", {"references": IMAGES.flip(0)[None], "steps": 10}),
        ("grad-cam", {}),
    ],
)
def test_what_is_around_a_network_in_16_bits_is_in_32(method, options, dtype):
    got, want = explained(dtype, method, **options), explained(torch.float32, method, **options)
    assert got.attribution.dtype == torch.float32
    scale = float(want.attribution.abs().max())
    torch.testing.assert_close(got.attribution, want.attribution, rtol=0, atol=0.02 * scale)


@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_deep_lift_runs_the_graph_in_16_bits(dtype):
    want = xaiplug.explain(Wide(dtype).network.float(), IMAGES, "deep-lift", target=1).attribution
    got = xaiplug.explain(Wide(dtype).network, IMAGES.to(dtype), "deep-lift", target=1).attribution
    torch.testing.assert_close(got, want, rtol=0, atol=0.1 * float(want.abs().max()))


@pytest.mark.parametrize("dtype", HALF, ids=str)
@pytest.mark.parametrize("metric", ["gini", "first-correct", "mu-fidelity", "insertion", "pointing-game", "deletion"])
def test_metrics_count_and_rank_in_32_bits(metric, dtype):
    """12288 numbers and 4096 places a sample: bfloat16 counts to 256, float16 to 2048."""
    options = {"relevant": torch.ones(2, 64, 64, dtype=torch.bool)} if metric == "pointing-game" else {}
    want = xaiplug.score(Wide(torch.float32), IMAGES, explained(torch.float32, "gradient"), metric, **options)
    stored = explained(dtype, "gradient")
    got = xaiplug.score(Wide(dtype), IMAGES.to(dtype), stored, metric, **options)
    assert got.values.dtype == torch.float32
    torch.testing.assert_close(got.values, want.values, rtol=0.02, atol=0.02)


def test_maps_that_come_in_16_bits_are_measured_in_32():
    values = torch.rand(2, 3, 64, 64).half()
    got = xaiplug.score(Wide(torch.float32), IMAGES, Explanation(values, "input"), "gini").values
    want = xaiplug.score(Wide(torch.float32), IMAGES, Explanation(values.float(), "input"), "gini").values
    torch.testing.assert_close(got, want)


@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_groups_of_many_places_add_up(dtype):
    groups = FeatureGroups.from_labels(torch.zeros(1, 100, 100, dtype=torch.int64))
    values = torch.full((1, 3, 100, 100), 0.5, dtype=dtype)
    assert groups.mean(values).tolist() == [[0.5]]
    assert groups.sizes().tolist() == [[10000]]
    assert float(groups.sum(values)) == pytest.approx(15000, rel=0.01)


def test_a_network_in_16_bits_takes_float32_too_and_no_other():
    network = Wide(torch.float16)
    assert Model(network)(IMAGES).dtype == torch.float32
    torch.testing.assert_close(
        xaiplug.explain(network, IMAGES, "gradient").attribution, explained_by(network, IMAGES.half())
    )
    with pytest.raises(ShapeError, match=r"inputs are torch.float64 and the model's parameters torch.float16"):
        xaiplug.explain(network, IMAGES.double(), "gradient")


def explained_by(network, inputs):
    return xaiplug.explain(network, inputs, "gradient").attribution


@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_a_study_runs_in_16_bits(here, write, dtype):
    """Fingerprints, segments, scores, tables and the report, also of bfloat16, which numpy does not know."""
    module = f"narrow_{str(dtype).rpartition('.')[2]}"
    (here / f"{module}.py").write_text(
        "import torch, toy_nets, xaiplug\n\n"
        f"def net():\n    return xaiplug.Model(toy_nets.small().network.to({dtype}), class_names=('a', 'b', 'c'))\n\n"
        "def images():\n    made = toy_nets.images(n=4)\n"
        f"    return xaiplug.Samples(made.inputs.to({dtype}), made.labels, made.relevant)\n"
    )
    settings = [
        f"models.small.use={module}:net",
        f"data.test={{use: '{module}:images'}}",
        "explainers={g: toy-gradient, o: {use: toy-groups, segmenter: h}}",
        "segmenters={h: toy-halves}",
    ]
    with pytest.raises(SystemExit) as ended:
        main(["run", str(write()), *(word for setting in settings for word in ("--set", setting))])
    assert ended.value.code == 0
    maps = [explained.explanation for explained in xaiplug.Results(here / "runs" / "toy").explanations()]
    assert len(maps) == 2
    for kept in maps:
        assert kept.attribution.dtype == torch.float32
        assert len(kept.replace(attribution=kept.attribution.to(dtype)).to_pandas()) == kept.attribution.numel()
