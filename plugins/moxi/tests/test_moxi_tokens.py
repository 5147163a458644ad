"""MoXI on vision transformers, with tokens that are removed: what it costs, and that it is the game of the model."""

import pytest
import torch

import xaiplug

timm = pytest.importorskip("timm")


@pytest.fixture(scope="module")
def vit():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = timm.create_model("vit_tiny_patch16_224", img_size=24, patch_size=8, depth=2, num_classes=4).eval()
        for name, parameter in net.named_parameters():
            if "norm" not in name:
                torch.nn.init.normal_(parameter, std=0.2)
    return net


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def test_forwards_and_tokens_of_a_full_insertion(vit, images):
    """Per image Σ(n-k) + 2 forwards, and one for its class; those of step k run 1 + k tokens."""
    ex = xaiplug.explain(vit, images, "moxi", imputer="token-removal")
    assert ex.attribution.shape == (3, 9)
    assert ex.meta["forwards"] - 3 == ex.meta["evaluations"] == 3 * (45 + 2)
    assert ex.meta["tokens"] == 3 * (sum((9 - k) * (2 + k) for k in range(9)) + 10 + 1)
    assert ex.meta["longest_sequence"] == 10


@pytest.mark.parametrize("steps", [1, 4])
def test_forwards_and_tokens_of_some_steps(vit, images, steps):
    insertion = xaiplug.explain(vit, images, "moxi", imputer="token-removal", steps=steps)
    deletion = xaiplug.explain(vit, images, "moxi", imputer="token-removal", steps=steps, mode="deletion")
    forwards = 3 * (sum(9 - k for k in range(steps)) + 3)
    assert insertion.meta["forwards"] == deletion.meta["forwards"] == forwards
    assert insertion.meta["tokens"] == 3 * (sum((9 - k) * (2 + k) for k in range(steps)) + 11)
    assert deletion.meta["tokens"] == 3 * (sum((9 - k) * (9 - k) for k in range(steps)) + 11)


@pytest.mark.parametrize("mode", ["insertion", "deletion"])
def test_the_order_is_the_greedy_one_over_short_sequences(vit, images, mode):
    """One image, one candidate at a time, tokens picked by hand."""
    ex = xaiplug.explain(vit, images[:1], "moxi", imputer="token-removal", mode=mode)
    tokens = xaiplug.Model(vit).tokens
    with torch.no_grad():
        embedded = tokens.embed(images[:1])

        def reward(kept):
            logits = tokens.head(tokens.run(embedded[:, [0, *(1 + patch for patch in sorted(kept))]]))
            return ex.target.score(logits).item()

        chosen, everyone, trace = set(), set(range(9)), []
        for step in range(9):
            free = sorted(everyone - chosen)
            if mode == "insertion":
                best = max(free, key=lambda b: reward(chosen | {b}))
            else:
                best = min(free, key=lambda b: reward(everyone - chosen - {b}))
            chosen.add(best)
            assert int(ex.order[0, step]) == best
            trace.append(reward(chosen if mode == "insertion" else everyone - chosen))
    torch.testing.assert_close(ex.extras["reward"][0, 1:], torch.tensor(trace), rtol=1e-4, atol=1e-4)


def test_batch_and_single_choose_alike(vit, images):
    batch = xaiplug.explain(vit, images, "moxi", imputer="token-removal", stop="first-correct")
    for row in range(3):
        single = xaiplug.explain(vit, images[row : row + 1], "moxi", imputer="token-removal", stop="first-correct")
        assert torch.equal(single.order[0], batch.order[row])


def test_class_token_position_is_no_player(vit, images):
    """Distilled and register tokens are prefix, and always there."""
    net = timm.create_model("vit_tiny_patch16_224", img_size=24, patch_size=8, depth=1, num_classes=4, reg_tokens=3)
    ex = xaiplug.explain(net, images, "moxi-single", imputer="token-removal")
    assert ex.attribution.shape == (3, 9)
    assert ex.meta["tokens"] == 3 * (9 * 5 + 13 + 4)


def test_mean_pooled_transformers(images):
    """Without class token the empty input has no reward; the choice does not need it."""
    net = timm.create_model(
        "vit_tiny_patch16_224", img_size=24, patch_size=8, depth=1, num_classes=4, class_token=False, global_pool="avg"
    )
    for mode in ("insertion", "deletion"):
        ex = xaiplug.explain(net, images, "moxi", imputer="token-removal", mode=mode)
        assert (ex.order.sort(1).values == torch.arange(9)).all()
        assert ex.base_score.isnan().all()


def test_the_curve_at_no_further_forward(vit, images):
    """Mean of `correct` over samples is the insertion accuracy that a metric finds with the same imputer."""
    ex = xaiplug.explain(vit, images, "moxi", imputer="token-removal")
    curve = xaiplug.score(
        vit, images, ex, "insertion", by="group", steps=None, imputer="token-removal", scale="probability"
    ).curve
    torch.testing.assert_close(ex.extras["probability"], curve, rtol=1e-4, atol=1e-5)
