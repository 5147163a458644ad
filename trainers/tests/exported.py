"""What several test modules do."""

from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file
from torch import nn

from xaiplug_trainers import networks


def card(path: Path) -> dict[str, Any]:
    """A `model.yaml`, parsed."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def network_of(path: Path) -> nn.Module:
    """The network that a `model.yaml` describes, with its weights."""
    described = card(path)
    network: nn.Module = getattr(networks, described["module"].split(":")[1])(**described["kwargs"])
    network.load_state_dict(load_file(path.parent / described["weights"]))
    return network.eval()
