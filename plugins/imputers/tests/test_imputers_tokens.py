"""Token removal against real attention masks, on every transformer that we know."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

import xaiplug
from xaiplug import MaskedGame, Model
from xaiplug.calling.asking import asking, base_query, complete
from xaiplug.calling.given import Given
from xaiplug.errors import ComponentError, ModelError, NonFiniteError

SIDE, PATCH, GRID = 24, 8, 3


def timm_vit(name, **options):
    timm = pytest.importorskip("timm")
    return timm.create_model(name, img_size=SIDE, patch_size=PATCH, depth=3, num_classes=5, **options)


def torchvision_vit():
    from torchvision.models import VisionTransformer

    network = VisionTransformer(SIDE, PATCH, 3, 2, 16, 32, num_classes=5)
    nn.init.normal_(network.heads.head.weight)
    return network


def hugging_face(kind, attention="sdpa"):
    transformers = pytest.importorskip("transformers")
    prefix, suffix = {"vit": ("ViT", ""), "deit": ("DeiT", ""), "teacher": ("DeiT", "WithTeacher")}[kind]
    config = getattr(transformers, f"{prefix}Config")(
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=PATCH,
        num_labels=5,
        attn_implementation=attention,
    )
    return getattr(transformers, f"{prefix}ForImageClassification{suffix}")(config)


def small_vit():
    networks = pytest.importorskip("xaiplug_trainers.networks.small_vit")
    return networks.SmallViT(channels=3, size=SIDE, classes=5, patch=PATCH, dim=16, depth=3, heads=2)


NETWORKS = {
    "timm vit": lambda: timm_vit("vit_tiny_patch16_224"),
    "timm deit": lambda: timm_vit("deit_tiny_patch16_224"),
    "timm deit distilled": lambda: timm_vit("deit_tiny_distilled_patch16_224"),
    "timm deit3": lambda: timm_vit("deit3_small_patch16_224"),
    "timm vit registers": lambda: timm_vit("vit_tiny_patch16_224", reg_tokens=2),
    "torchvision vit": torchvision_vit,
    "hugging face vit": lambda: hugging_face("vit"),
    "hugging face vit eager": lambda: hugging_face("vit", "eager"),
    "hugging face deit": lambda: hugging_face("deit"),
    "hugging face deit distilled": lambda: hugging_face("teacher"),
    "own small vit": small_vit,
}


@pytest.fixture(params=NETWORKS, scope="module")
def network(request):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = NETWORKS[request.param]().eval()
        for name, parameter in made.named_parameters():
            if "norm" not in name and "ln_" not in name and "layernorm" not in name:
                nn.init.normal_(parameter, std=0.3)
    return made


def asked(network, imputer, images=2, labels=None, **options):
    model = network if isinstance(network, Model) else Model(network, mean=[0.5] * 3, std=[0.25] * 3)
    x = torch.rand(images, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).to(model.dtype)
    segmenter = ("grid", {"patch": PATCH}) if labels is None else labels
    with asking(model):
        query = base_query(model, x, target=0, **options)
        return complete(query, Needs(), Given(segmenter=segmenter, imputer=imputer))[0]


class Needs(xaiplug.Explainer):
    needs = ("imputer",)

    def explain(self, query):
        raise NotImplementedError


def logits(query, keep, **options):
    """(B,M,G) coalitions -> (B,M,K)."""
    with asking(query.model):
        rows = torch.arange(len(keep)).repeat_interleave(keep.shape[1])
        return MaskedGame(query).logits(rows, keep.flatten(0, 1), **options).unflatten(0, keep.shape[:2])


class Masked(TorchFunctionMode):
    """A real attention mask: hidden keys (R,N) get no attention from anyone, from the given attention call on."""

    def __init__(self, hidden, layer):
        super().__init__()
        self.hidden, self.layer, self.calls = hidden, layer, -1

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        attends = function in (F.scaled_dot_product_attention, F.multi_head_attention_forward)
        softmax = function in (torch.softmax, torch.Tensor.softmax, F.softmax) and args[0].ndim == 4
        if attends or softmax:
            self.calls += 1
        if self.calls >= self.layer and function is F.scaled_dot_product_attention:
            kwargs["attn_mask"] = self._bias(args[0])[:, None, None]
        if self.calls >= self.layer and function is F.multi_head_attention_forward:
            kwargs["key_padding_mask"] = self.hidden
        if self.calls >= self.layer and softmax:
            args = (args[0] + self._bias(args[0])[:, None, None], *args[1:])
        return function(*args, **kwargs)

    def _bias(self, like):
        return torch.zeros(self.hidden.shape, dtype=like.dtype).masked_fill(self.hidden, -1e9)


def attention_masked(query, keep, layer):
    """Logits (B,M,K) of the untouched network under a real attention mask from block `layer` on."""
    prefix = query.model.tokens.prefix
    rows = torch.arange(len(keep)).repeat_interleave(keep.shape[1])
    hidden = torch.cat([torch.zeros(len(rows), prefix, dtype=torch.bool), ~keep.flatten(0, 1)], 1)
    with query.model.frozen(), torch.no_grad(), Masked(hidden, layer) as mode:
        masked = query.model(query.inputs[rows])
    assert mode.calls == len(query.model.tokens.blocks) - 1
    return masked.unflatten(0, keep.shape[:2])


def coalitions(images=2, count=8):
    drawn = torch.rand(images, count, GRID**2, generator=torch.Generator().manual_seed(2)) < 0.4
    drawn[:, 0] = False
    drawn[:, 1] = True
    return drawn


def test_removed_tokens_are_masked_tokens(network):
    query, keep = asked(network, "token-removal"), coalitions()
    removed = logits(query, keep)
    torch.testing.assert_close(removed, attention_masked(query, keep, 0), rtol=1e-4, atol=1e-4)
    assert removed.flatten(0, 1).std(0).min() > 1e-3
    torch.testing.assert_close(logits(asked(network, "attention-mask"), keep), removed, rtol=0, atol=0)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_masks_from_a_later_block(network, layer):
    query, keep = asked(network, ("attention-mask", {"layer": layer})), coalitions()
    ours = logits(query, keep)
    torch.testing.assert_close(ours, attention_masked(query, keep, layer), rtol=1e-4, atol=1e-4)
    if layer == 3:
        torch.testing.assert_close(ours, query.logits[:, None].expand_as(ours), rtol=1e-5, atol=1e-6)


def test_nothing_removed_is_the_untouched_model(network):
    """Bit for bit."""
    for imputer in ("token-removal", ("attention-mask", {"layer": 1})):
        query = asked(network, imputer, images=3)
        assert torch.equal(logits(query, torch.ones(3, 1, GRID**2).bool())[:, 0], query.logits)


def test_rows_alone_and_together(network):
    """In double precision: these weights are so large that rounding shows in single, on some processors."""
    query, keep = asked(copy.deepcopy(network).double(), "token-removal", images=3), coalitions(3)
    together = logits(query, keep)
    small = logits(query.replace(max_batch=2), keep)
    torch.testing.assert_close(small, together, rtol=1e-11, atol=1e-11)


def test_what_is_counted(network):
    query, keep = asked(network, "token-removal"), coalitions()
    with asking(query.model), query.model.metered() as meter:
        game = MaskedGame(query)
        game(keep)
    prefix = query.model.tokens.prefix
    distinct = [members for image in keep for members in {tuple(row) for row in image.tolist()}]
    tokens = sum(prefix + sum(members) for members in distinct)
    assert meter.forwards == len(distinct)
    assert game.meta() == {"evaluations": len(distinct), "tokens": tokens, "longest_sequence": prefix + GRID**2}


def test_coarser_groups_and_pixels_in_no_group():
    """Two groups of whole patches, the last column of patches in none; a second image with other groups."""
    network = small_vit().eval()
    cells = torch.arange(9).view(3, 3)
    maps = torch.stack([torch.tensor([0, 0, -1, 0, 1, -1, 1, 1, -1])[cells], torch.tensor([0] * 4 + [1] * 5)[cells]])
    labels = maps.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2)
    coarse = asked(network, "token-removal", labels=labels)
    keep = torch.tensor([[[True, False], [False, False]], [[False, True], [True, True]]])
    fine = asked(network, "token-removal")
    patches = torch.stack(
        [torch.stack([(maps[b] < 0) | keep[b, m][maps[b].clamp(min=0)] for m in range(2)]) for b in range(2)]
    ).flatten(2)
    torch.testing.assert_close(logits(coarse, keep), logits(fine, patches), rtol=1e-5, atol=1e-6)


def test_groups_that_cut_a_patch():
    with pytest.raises(ComponentError, match=r"3x3 patches of 8x8 pixels.*segmenter=\('grid', \{'rows': 3"):
        logits(asked(small_vit(), "token-removal", labels=("grid", {"patch": 6})), torch.ones(2, 1, 16).bool())


def test_other_networks_are_told_what_they_need():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE**2, 5))
    for imputer in ("token-removal", "attention-mask"):
        with pytest.raises(ModelError, match=r"patch_embed, pos_embed, cls_token, blocks, norm and head"):
            logits(asked(net, imputer), torch.ones(2, 1, 9).bool())


def test_a_layer_beyond_the_last():
    with pytest.raises(ComponentError, match="layer=4 is beyond the 3 blocks"):
        logits(asked(small_vit(), ("attention-mask", {"layer": 4})), torch.ones(2, 1, 9).bool())


def test_mean_pooled_without_class_token():
    """No token at all is undefined; all tokens are the untouched model."""
    network = timm_vit("vit_tiny_patch16_224", class_token=False, global_pool="avg").eval()
    query = asked(network, "token-removal")
    keep = torch.stack([torch.zeros(2, 9), torch.ones(2, 9), torch.tensor([1.0] + [0] * 8).expand(2, 9)], 1).bool()
    with pytest.raises(NonFiniteError, match="for sample 0 with 0 of its 9 groups kept"):
        logits(query, keep)
    answered = logits(query, keep, empty_undefined=True)
    assert answered[:, 0].isnan().all()
    assert torch.equal(answered[:, 1], query.logits)
    assert answered[:, 2].isfinite().all()


def test_a_network_that_does_more_than_its_parts():
    class More(type(small_vit())):
        def forward(self, x):
            return super().forward(x.flip(-1)) + 1

    network = More(channels=3, size=SIDE, classes=5, patch=PATCH, dim=16, depth=3, heads=2).eval()
    with pytest.raises(ModelError, match="does more than its embedding, blocks, norm and head"):
        logits(asked(network, "token-removal"), torch.ones(2, 1, 9).bool())


def test_pieces_of_every_network_give_the_whole(network):
    """What stands behind the bit-for-bit answer of a row with all patches."""
    model = Model(network)
    x = torch.rand(2, 3, SIDE, SIDE)
    with model.frozen(), torch.no_grad():
        assert torch.equal(model.tokens.head(model.tokens.run(model.tokens.embed(x))), model(x))
