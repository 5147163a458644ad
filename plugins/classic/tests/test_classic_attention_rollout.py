"""Attention rollout and Chefer's rule on every transformer that we know, against weights computed by hand."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug_classic.attention_rollout import attentions, rollout

SIDE, PATCH = 24, 8
X = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def timm_vit(name="vit_tiny_patch16_224", **options):
    timm = pytest.importorskip("timm")
    return timm.create_model(name, img_size=SIDE, patch_size=PATCH, depth=3, num_classes=5, **options)


def torchvision_vit():
    from torchvision.models import VisionTransformer

    return VisionTransformer(SIDE, PATCH, 3, 2, 16, 32, num_classes=5)


def hugging_face(attention):
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=PATCH,
        num_labels=5,
        attn_implementation=attention,
    )
    return transformers.ViTForImageClassification(config)


def small_vit(depth=3):
    networks = pytest.importorskip("xaiplug_trainers.networks.small_vit")
    return networks.SmallViT(channels=3, size=SIDE, classes=5, patch=PATCH, dim=16, depth=depth, heads=2)


def unfused(net):
    for block in net.blocks:
        block.attn.fused_attn = False
    return net


NETWORKS = {
    "timm": timm_vit,
    "timm without SDPA": lambda: unfused(timm_vit()),
    "timm distilled": lambda: timm_vit("deit_tiny_distilled_patch16_224"),
    "timm registers": lambda: timm_vit(reg_tokens=2),
    "torchvision": torchvision_vit,
    "hugging face": lambda: hugging_face("sdpa"),
    "hugging face eager": lambda: hugging_face("eager"),
    "own": small_vit,
}


def drawn(make):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = make().eval()
        for name, parameter in net.named_parameters():
            if "norm" not in name and "ln_" not in name:
                nn.init.normal_(parameter, std=0.3)
    return net


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_of_every_library_sum_to_one(name):
    net = drawn(NETWORKS[name])
    tokens = Model(net).tokens
    with torch.no_grad():
        weights, _ = attentions(tokens, X)
        row = rollout(weights, tokens.prefix)
    assert len(weights) == 3
    for weight in weights:
        assert_close(weight.sum(2), torch.ones_like(weight[:, 0]))
        assert weight.std() > 1e-3
    ex = xaiplug.explain(net, X, "attention-rollout")
    assert ex.attribution.shape == (2, 9)
    assert (ex.attribution > 0).all()
    assert_close(ex.attribution, row[:, tokens.prefix :])
    assert_close(row.sum(1), torch.ones(2))


def test_weights_are_those_the_network_used():
    """Our own transformer hands its weights out, and so does Hugging Face."""
    net = drawn(small_vit)
    shown = []
    handles = [
        block.attn.attn_drop.register_forward_hook(lambda m, i, o: shown.append(o.mean(1))) for block in net.blocks
    ]
    with torch.no_grad():
        found, _ = attentions(Model(net).tokens, X)
    for handle in handles:
        handle.remove()
    assert_close(found, shown)
    theirs = drawn(lambda: hugging_face("eager"))
    with torch.no_grad():
        expected = [weights.mean(1) for weights in theirs(X, output_attentions=True).attentions]
        assert_close(attentions(Model(theirs).tokens, X)[0], expected)
        same = drawn(lambda: hugging_face("sdpa"))
        assert_close(attentions(Model(same).tokens, X)[0], expected, rtol=1e-4, atol=1e-6)


def test_fused_and_unfused_agree():
    fused, plain = (xaiplug.explain(drawn(NETWORKS[n]), X, "attention-rollout") for n in ("timm", "timm without SDPA"))
    assert_close(fused.attribution, plain.attribution, rtol=1e-4, atol=1e-6)


def test_the_product_in_order():
    """Three random blocks: row 0 of A_3 A_2 A_1 written out."""
    weights = [torch.rand(2, 4, 4, dtype=torch.float64).softmax(2) for _ in range(3)]
    a, b, c = ((weight + torch.eye(4)) / 2 for weight in weights)
    assert_close(rollout(weights, 1), (c @ b @ a)[:, 0])
    assert_close(rollout(weights, 0), (c @ b @ a).mean(1))


def test_it_knows_no_target_and_no_batch():
    net = drawn(small_vit)
    one, other = (xaiplug.explain(net, X, "attention-rollout", target=target).attribution for target in (0, 3))
    assert torch.equal(one, other)
    single = torch.cat([xaiplug.explain(net, row[None], "attention-rollout").attribution for row in X])
    assert_close(one, single)


class Relu(nn.Module):
    """Attention that is no softmax."""

    def __init__(self, block):
        super().__init__()
        self.lay = nn.Linear(16, 16)

    def forward(self, x):
        return x + torch.relu(x @ x.transpose(1, 2)) @ self.lay(x)


def test_errors():
    with pytest.raises(ModelError, match="vision transformers"):
        xaiplug.explain(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 2)), X, "attention-rollout")
    net = drawn(small_vit)
    net.blocks[1] = Relu(net.blocks[1])
    with pytest.raises(ModelError, match="0 attentions in block 1"):
        xaiplug.explain(net, X, "attention-rollout")


def by_hand(net, x, target):
    """R ← R + Ā R as matrices, from the weights that our own transformer hands out."""
    shown = []
    handles = [block.attn.attn_drop.register_forward_hook(lambda m, i, o: shown.append(o)) for block in net.blocks]
    logits = net(x)
    for handle in handles:
        handle.remove()
    slopes = torch.autograd.grad(logits[:, target].sum(), shown)
    r = torch.eye(shown[0].shape[-1]).expand(len(x), -1, -1)
    for weights, slope in zip(shown, slopes, strict=True):
        r = r + (weights * slope).clamp(min=0).mean(1) @ r
    return r[:, 0, 1:].detach()


def test_chefer_is_the_rule_of_the_paper():
    net = drawn(small_vit)
    one, other = (xaiplug.explain(net, X, "chefer", target=target).attribution for target in (1, 3))
    assert_close(one, by_hand(net, X, 1))
    assert_close(other, by_hand(net, X, 3))
    assert float((one - other).abs().max()) > 0.01 * float(one.max())
    assert float(one.min()) >= 0


@pytest.mark.parametrize("name", NETWORKS)
def test_chefer_on_every_library(name):
    net = drawn(NETWORKS[name])
    ex = xaiplug.explain(net, X, "chefer", target=2)
    assert ex.attribution.shape == (2, 9)
    assert float(ex.attribution.min()) >= 0
    assert float(ex.attribution.std()) > 0
    assert_close(ex.score, Model(net)(X)[:, 2].detach(), rtol=1e-4, atol=1e-4)
    assert (ex.meta["forwards"], ex.meta["backwards"]) == (2, 2)


def test_chefer_on_fused_and_unfused():
    maker = NETWORKS["timm"]
    fused, plain = (xaiplug.explain(net, X, "chefer", target=0) for net in (drawn(maker), unfused(drawn(maker))))
    assert_close(fused.attribution, plain.attribution, rtol=1e-3, atol=1e-6)
    eager, sdpa = (
        xaiplug.explain(drawn(lambda a=a: hugging_face(a)), X, "chefer", target=0) for a in ("eager", "sdpa")
    )
    assert_close(eager.attribution, sdpa.attribution, rtol=1e-3, atol=1e-6)


class Written(nn.Module):
    """torch's attention, written out."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x, *_, **__):
        parts = nn.functional.linear(x, self.inner.in_proj_weight, self.inner.in_proj_bias).chunk(3, -1)
        q, k, v = (part.unflatten(2, (2, -1)).transpose(1, 2) for part in parts)
        mixed = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v
        return self.inner.out_proj(mixed.transpose(1, 2).flatten(2)), None


def test_chefer_on_torchs_own_attention():
    net, plain = drawn(torchvision_vit), drawn(torchvision_vit)
    for block in plain.encoder.layers:
        block.self_attention = Written(block.self_attention)
    one, other = (xaiplug.explain(made, X, "chefer", target=1).attribution for made in (net, plain))
    assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_chefer_refuses_another_network():
    with pytest.raises(ModelError, match="chefer reads the attention"):
        xaiplug.explain(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 24**2, 2)), X, "chefer")


def legrad_by_hand(net, x, target):
    """The score by our own transformer's head after each block, and its gradient by that block's weights."""
    state, total = Model(net).tokens.embed(x), 0
    for block in net.blocks:
        shown = []
        handle = block.attn.attn_drop.register_forward_hook(lambda m, i, o, shown=shown: shown.append(o))
        state = block(state)
        handle.remove()
        score = Model(net).tokens.head(state)[:, target]
        (slope,) = torch.autograd.grad(score.sum(), shown, retain_graph=True)
        total = total + slope.clamp(min=0).mean((1, 2))
    return (total / len(net.blocks))[:, 1:]


def test_legrad_is_the_rule_of_the_paper():
    net = drawn(small_vit)
    for target in (1, 3):
        ex = xaiplug.explain(net, X, "legrad", target=target)
        assert_close(ex.attribution, legrad_by_hand(net, X, target).detach())
        assert_close(ex.score, net(X)[:, target].detach())
    one = xaiplug.explain(net, X, "legrad", target=1).attribution
    assert float((one - ex.attribution).abs().max()) > 0.01 * float(one.max())
    seen = xaiplug.explain(net, X, "legrad")
    assert_close(seen.attribution, xaiplug.explain(net, X, "legrad", target=net(X).argmax(1)).attribution)


@pytest.mark.parametrize("name", NETWORKS)
def test_legrad_on_every_library(name):
    net = drawn(NETWORKS[name])
    ex = xaiplug.explain(net, X, "legrad", target=2)
    assert ex.attribution.shape == (2, 9)
    assert float(ex.attribution.min()) >= 0
    assert float(ex.attribution.std()) > 0
    assert_close(ex.score, Model(net)(X)[:, 2].detach(), rtol=1e-4, atol=1e-4)
    assert (ex.meta["forwards"], ex.meta["backwards"]) == (6, 6)


def test_legrad_on_fused_and_unfused():
    maker = NETWORKS["timm"]
    fused, plain = (xaiplug.explain(net, X, "legrad", target=0) for net in (drawn(maker), unfused(drawn(maker))))
    assert_close(fused.attribution, plain.attribution, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["chefer", "legrad"])
def test_a_block_without_attention_is_named(name):
    net = drawn(small_vit)
    net.blocks[1] = Relu(net.blocks[1])
    with pytest.raises(ModelError, match=f"{name}: model 'SmallViT' shows 0 attentions in block 1"):
        xaiplug.explain(net, X, name)
