from types import SimpleNamespace

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from xaiplug import Explanation, FeatureGroups, SetScores, Target
from xaiplug.data import storage
from xaiplug.errors import DataError, NonFiniteError, ShapeError, StoreError

QUERY = SimpleNamespace(inputs=torch.zeros(2, 3, 4, 4), groups=None)
GROUPS = FeatureGroups.from_labels(
    torch.tensor([[[0, 0], [1, 2]], [[0, 0], [1, 1]]]).repeat_interleave(2, 1).repeat_interleave(2, 2)
)


def full() -> Explanation:
    return Explanation(
        torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, torch.nan]]),
        level="group",
        target=Target(torch.tensor([1, 0]), "log_odds"),
        groups=GROUPS,
        sets=SetScores(torch.tensor([[[True, False, True]], [[False] * 3]]), torch.tensor([[0.5], [torch.nan]])),
        order=torch.tensor([[2, 0, 1], [1, 0, -1]]),
        score=torch.tensor([1.0, 2.0]),
        base_score=torch.zeros(2),
        residual=torch.zeros(2),
        extras={"trace": torch.arange(6.0).view(2, 3)},
        meta={"forwards": 3, "explainer": {"use": "a/b", "params": {}}},
    ).validate(QUERY)


@pytest.mark.parametrize(("shape", "level"), [((2, 3, 4, 4), "input"), ((2, 1, 4, 4), "spatial")])
def test_the_level_is_found_from_the_shape(shape, level):
    assert Explanation(torch.zeros(shape)).validate(QUERY).level == level


def test_group_levels_are_found_from_the_groups():
    query = SimpleNamespace(inputs=QUERY.inputs, groups=GROUPS)
    assert Explanation(torch.zeros(2, 3)).validate(query).level == "group"
    with pytest.raises(ShapeError, match=r"attribution \(2, 5\) does not fit the query; expected input \(2, 3, 4, 4\)"):
        Explanation(torch.zeros(2, 5)).validate(query)


def test_nan_is_an_error_except_in_the_padding():
    assert full()
    with pytest.raises(NonFiniteError, match="sample 1"):
        Explanation(torch.tensor([0.0, torch.nan])[:, None, None, None].expand(2, 3, 4, 4)).validate(QUERY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": torch.zeros(3)}, r"score must be \(2,\)"),
        ({"order": torch.zeros(3, 1)}, r"order must be \(2,P\)"),
        ({"extras": {"a": torch.zeros(3)}}, r"extras\['a'\] must have 2 rows"),
        ({"extras": {"a": torch.zeros(())}}, r"extras\['a'\] must have 2 rows, got \(\)"),
        (
            {"sets": SetScores(torch.ones(2, 1, 3, dtype=torch.bool), torch.full((2, 1), torch.nan))},
            "must have no members",
        ),
        ({"sets": SetScores(torch.ones(2, 2, 3, dtype=torch.bool), torch.zeros(2, 1))}, "sets must be members"),
    ],
)
def test_parts_that_do_not_fit(change, message):
    with pytest.raises(ShapeError, match=message):
        full().replace(**change).validate(QUERY)


def test_no_sets_is_a_valid_result():
    sets = SetScores(torch.zeros(2, 0, 3, dtype=torch.bool), torch.zeros(2, 0))
    assert full().replace(sets=sets).validate(QUERY).sets.values.shape == (2, 0)


def test_groups_are_painted_on_inputs():
    painted = full().on_inputs((3, 4, 4))
    assert painted.shape == (2, 1, 4, 4)
    assert painted[0, 0, 0, 0] == 1
    assert painted[0, 0, 3, 3] == 3


def test_saving_and_loading_keeps_everything(tmp_path):
    saved = full()
    loaded = Explanation.load(saved.save(tmp_path / "deep" / "e.safetensors"))
    for name in ("attribution", "order", "score", "base_score", "residual"):
        torch.testing.assert_close(getattr(loaded, name), getattr(saved, name), equal_nan=True, rtol=0, atol=0)
    assert loaded.target.scale == "log_odds"
    assert loaded.target.index.equal(saved.target.index)
    assert loaded.groups.labels.equal(saved.groups.labels)
    assert loaded.sets.members.equal(saved.sets.members)
    assert loaded.sets.kind == saved.sets.kind
    assert loaded.extras["trace"].equal(saved.extras["trace"])
    assert (loaded.level, loaded.meta) == (saved.level, saved.meta)
    assert loaded.validate(QUERY)


def test_tensors_that_share_memory_are_saved(tmp_path):
    score = torch.rand(2)
    saved = full().replace(score=score, base_score=score, extras={"intercept": score[:1]})
    loaded = Explanation.load(saved.save(tmp_path / "e.safetensors"))
    assert loaded.score.equal(score)
    assert loaded.base_score.equal(score)
    assert loaded.extras["intercept"].equal(score[:1])


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    unserialisable = full().replace(meta={"a": object()})
    with pytest.raises(TypeError):
        unserialisable.save(tmp_path / "e.safetensors")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*e.safetensors: File exists; choose a folder"):
        full().save(tmp_path / "file" / "e.safetensors")
    full_disk = "Error while serializing: I/O error: No space left on device (os error 28)"
    monkeypatch.setattr(storage, "save_file", lambda *_, **__: (_ for _ in ()).throw(SafetensorError(full_disk)))
    with pytest.raises(StoreError, match=r"cannot write .*No space left on device"):
        full().save(tmp_path / "e.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_wrong_files(tmp_path):
    from safetensors.torch import save_file

    with pytest.raises(DataError, match="no explanation at"):
        Explanation.load(tmp_path / "gone")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(DataError, match="is no safetensors file"):
        Explanation.load(tmp_path / "text")
    save_file({"a": torch.zeros(1)}, tmp_path / "other")
    with pytest.raises(DataError, match="holds no explanation"):
        Explanation.load(tmp_path / "other")


def test_tables():
    frame = full().to_pandas()
    assert list(frame.columns) == ["sample", "target", "group", "attribution"]
    assert frame["attribution"].tolist() == [1, 2, 3, 4, 5]
    pixels = Explanation(torch.arange(96.0).view(2, 3, 4, 4)).to_pandas()
    assert pixels.iloc[-1].to_dict() == {"sample": 1, "channel": 2, "row": 3, "column": 3, "attribution": 95.0}


@pytest.mark.parametrize(
    "plain",
    [
        *("", "[]", "{}", "3", "[" * 5000),
        *('{"level": "pixel", "meta": {}}', '{"level": null, "meta": 3}', '{"level": null, "meta": {}, "scale": "x"}'),
        *('{"level": null, "meta": {}, "scale": "logit"}', '{"level": null, "meta": {}, "set_kind": "interaction"}'),
    ],
)
def test_a_file_that_says_it_is_an_explanation_and_is_none(tmp_path, plain):
    header = {"format": "xaiplug-explanation-1", "explanation": plain}
    save_file({"attribution": torch.ones(1, 2)}, tmp_path / "hostile.safetensors", metadata=header)
    with pytest.raises(DataError, match="holds no whole explanation"):
        Explanation.load(tmp_path / "hostile.safetensors")
