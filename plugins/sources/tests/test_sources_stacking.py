"""Many pictures as one tensor."""

import pytest
import torch

import xaiplug
from xaiplug.errors import StoreError
from xaiplug_sources import stacking
from xaiplug_sources.folder import Folder
from xaiplug_sources.stacking import Stack


def filled(count, added, like=torch.float32):
    stack = Stack(count)
    for number in range(added):
        stack.add(torch.full((3, 4, 4), number, dtype=like))
    return stack.tensor()


@pytest.mark.parametrize("like", [torch.float32, torch.bool])
def test_on_disk_it_is_the_same_and_leaves_nothing(monkeypatch, tmp_path, like):
    kept = filled(5, 3, like)
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stacking, "MAPPED", 1)
    mapped = filled(5, 3, like)
    assert torch.equal(kept, mapped)
    assert mapped.shape == (3, 3, 4, 4)
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_room_says_where(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(stacking, "MAPPED", 1)
    with pytest.raises(StoreError, match=r"no room for 2 pictures.*XAIPLUG_CACHE"):
        filled(2, 1)


def test_a_folder_on_disk_is_explained_as_in_memory(monkeypatch, tmp_path):
    (tmp_path / "photos").mkdir()
    name, further = Folder().trial(tmp_path / "photos")
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path / "cache"))
    kept = xaiplug.load_data(f"folder:{name}", **further)
    monkeypatch.setattr(stacking, "MAPPED", 1)
    mapped = xaiplug.load_data(f"folder:{name}", **further)
    assert mapped.fingerprint() == kept.fingerprint()
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16 * 16, 2))
    one, other = (xaiplug.explain(net, samples.inputs, "input-x-gradient", target=0) for samples in (kept, mapped))
    assert torch.equal(one.attribution, other.attribution)
