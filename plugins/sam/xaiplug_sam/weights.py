"""Where the weights are, and the network loaded once per device."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from segment_anything import sam_model_registry  # type: ignore[import-untyped]

from xaiplug.errors import ComponentError, DataError, UnavailableError, did_you_mean, listing

_SITE = "https://dl.fbaipublicfiles.com/segment_anything/"


@dataclass(frozen=True)
class Release:
    """An official checkpoint."""

    file: str
    sha256: str

    @property
    def url(self) -> str:
        return _SITE + self.file


RELEASES = {
    "vit_h": Release("sam_vit_h_4b8939.pth", "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"),
    "vit_l": Release("sam_vit_l_0b3195.pth", "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"),
    "vit_b": Release("sam_vit_b_01ec64.pth", "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"),
}


def find_weights(model_type: str, checkpoint: str | None, sha256: str | None, download: bool) -> Path:
    """The file of the weights: `checkpoint`, or the official one, downloaded if it must be and may be.

    Raises:
        UnavailableError: neither a checkpoint nor leave to download.
        DataError: no such file, or another sha256 than expected.
    """
    if checkpoint is not None:
        path = Path(checkpoint).expanduser()
        if not path.is_file():
            raise DataError(f"sam: no checkpoint at '{path}'; {_how(model_type)}")
        return _checked(path, sha256)
    release = RELEASES.get(model_type)
    if release is None:
        raise UnavailableError(f"sam: give a checkpoint for model_type='{model_type}'; {_how('vit_b')}")
    path = Path(torch.hub.get_dir()) / "checkpoints" / release.file
    if not path.is_file():
        if not download:
            raise UnavailableError(f"sam: no weights for '{model_type}'; {_how(model_type)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(release.url, str(path), progress=False)
    return _checked(path, sha256 or release.sha256)


def _how(model_type: str) -> str:
    release = RELEASES.get(model_type, RELEASES["vit_b"])
    return f"give checkpoint='{release.file}' ({release.url}), or download=True"


@cache
def _digest(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked(path: Path, sha256: str | None) -> Path:
    if sha256 is not None:
        stat = path.stat()
        found = _digest(path, stat.st_size, stat.st_mtime_ns)
        if found != sha256.lower():
            raise DataError(f"sam: '{path}' has sha256 {found[:12]}..., expected {sha256[:12]}...; fetch it again")
    return path


def load(model_type: str, path: Path, device: torch.device) -> Any:
    """The network on `device`, the same object whenever it is asked for.

    Raises:
        ComponentError: segment-anything knows no such model type.
        DataError: the file is no checkpoint of it.
    """
    if model_type not in sam_model_registry:
        known = sorted(set(sam_model_registry) - {"default"})
        hint = did_you_mean(model_type, known)
        raise ComponentError(f"sam: unknown model_type '{model_type}'{hint} (types: {listing(known)})")
    stat = path.stat()
    return _loaded(model_type, path.resolve(), stat.st_size, stat.st_mtime_ns, str(device))


@cache
def _loaded(model_type: str, path: Path, size: int, modified: int, device: str) -> Any:
    network = sam_model_registry[model_type](checkpoint=None)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state)
    except Exception as error:
        raise DataError(f"sam: '{path.name}' is no checkpoint of '{model_type}': {error!s:.200}") from error
    return network.requires_grad_(False).eval().to(device)
