"""The layer that class activation reads by itself on networks of timm and torchvision, with random weights.

    python plugins/captum/benchmarks/default_layers.py            # the table of the page
    python plugins/captum/benchmarks/default_layers.py resnet18   # some of it
    python plugins/captum/benchmarks/default_layers.py --write    # into the page

A network is asked at the size that it is made for. Nothing is left out: what is refused has its reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from xaiplug import Model
from xaiplug.errors import XaiplugError
from xaiplug.model.maps import map_layer

PAGE = Path(__file__).resolve().parents[3] / "docs" / "results" / "default-layers.md"
HEAD = "| network | image | layer read | grid | tokens in front |\n|---|---|---|---|---|\n"
TIMM = [
    "mobilenetv2_100", "efficientnet_b0", "mobilenetv3_small_100", "mobilenetv4_conv_small", "ghostnet_100",
    "regnety_002", "repvgg_a0", "convnext_femto", "convnextv2_atto", "resnet18", "seresnet18", "resnetv2_50",
    "densenet121", "dla34", "hrnet_w18_small", "rexnet_100", "ese_vovnet19b_dw", "lcnet_050", "edgenext_xx_small",
    "mobilevit_xxs", "mobileone_s0", "fastvit_t8", "efficientformer_l1", "efficientvit_m0", "poolformer_s12",
    "convmixer_768_32", "vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "vit_small_patch14_reg4_dinov2",
    "vit_base_patch16_clip_224", "vit_tiny_r_s16_p8_224", "eva02_tiny_patch14_224", "beit_base_patch16_224",
    "mixer_s32_224", "resmlp_12_224", "swin_tiny_patch4_window7_224", "swinv2_cr_tiny_ns_224", "cait_xxs24_224",
    "coat_tiny", "coat_lite_tiny", "hiera_tiny_224", "levit_128s", "crossvit_9_240", "xcit_nano_12_p16_224",
    "volo_d1_224", "pit_ti_224", "pvt_v2_b0", "twins_svt_small", "davit_tiny", "mambaout_femto",
]  # fmt: skip
TORCHVISION = [
    "alexnet", "vgg11", "resnet18", "densenet121", "googlenet", "inception_v3", "squeezenet1_1", "shufflenet_v2_x0_5",
    "mobilenet_v2", "mobilenet_v3_small", "mnasnet0_5", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny",
    "vit_b_32", "swin_t", "swin_v2_t",
]  # fmt: skip
NAMES = [*(f"timm:{name}" for name in TIMM), *(f"torchvision:{name}" for name in TORCHVISION)]


def network(name: str) -> tuple[torch.nn.Module, int]:
    """A network with random weights, and the side of its images; the same at every call."""
    library, _, kind = name.partition(":")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if library == "timm":
            import timm

            made = timm.create_model(kind, pretrained=False, **({"img_size": 224} if "dinov2" in kind else {}))
            return made.eval(), 224 if "dinov2" in kind else made.pretrained_cfg["input_size"][-1]
        import torchvision

        options = {"aux_logits": False, "init_weights": True} if kind in ("googlenet", "inception_v3") else {}
        return torchvision.models.get_model(
            kind, weights=None, **options
        ).eval(), 299 if kind == "inception_v3" else 224


def row(name: str) -> str:
    """A line of the table."""
    made, side = network(name)
    model = Model(made, input_range=(0.0, 1.0), name=name.partition(":")[2])
    try:
        with model.frozen():
            found = map_layer(model, torch.zeros(1, 3, side, side))
    except XaiplugError as error:
        return f"| {name} | {side} | {str(error).partition(';')[0]} | | |"
    rows, columns = found.places.grid
    return f"| {name} | {side} | `{found.name}` | {rows}x{columns} | {found.places.prefix} |"


def written(rows: list[str]) -> str:
    """The page with these rows as its table."""
    text = PAGE.read_text()
    start = text.index(HEAD) + len(HEAD)
    end = text.find("\n\n", start)
    return text[:start] + "\n".join(rows) + (text[end:] if end >= 0 else "\n")


def main() -> None:
    torch.set_num_threads(1)
    asked = [word for word in sys.argv[1:] if not word.startswith("--")]
    rows = []
    print(HEAD, end="")
    for name in NAMES:
        if not asked or any(word in name for word in asked):
            rows.append(row(name))
            print(rows[-1], flush=True)
    if "--write" in sys.argv and not asked:
        PAGE.write_text(written(rows))


if __name__ == "__main__":
    main()
