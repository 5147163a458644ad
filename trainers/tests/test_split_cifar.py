"""Which model saw what."""

import pytest
import torch

from xaiplug.errors import DataError
from xaiplug_trainers.tasks import mnist, split_cifar


def ids(split: str, **params: object) -> set[str]:
    return set(split_cifar.samples(split, **params).ids)


def test_halves_share_no_image_and_make_up_the_pool():
    first, second = ids("train", fold=0), ids("train", fold=1)
    assert not first & second
    assert first | second == ids("pool") == ids("pool", fold=1)
    assert not ids("pool") & (ids("val") | ids("test"))


def test_halves_are_balanced():
    counts = torch.bincount(split_cifar.samples("train", fold=1).labels)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("mode", ["halves", "folds", "seeds"])
def test_seen_says_what_each_model_trained_on(mode):
    pool = split_cifar.samples("pool", mode=mode, folds=3)
    for fold in range(3):
        trained_on = ids("train", mode=mode, folds=3, fold=fold)
        assert {
            i for i, seen in zip(pool.ids, pool.extras["seen"][:, fold].tolist(), strict=True) if seen
        } == trained_on
    unseen = split_cifar.samples("test", mode=mode, folds=3, limit=20)
    assert not unseen.extras["seen"].any()
    assert (unseen.extras["block"] == -1).all()


def test_k_folds_leave_out_one_block_each():
    pool = split_cifar.samples("pool", mode="folds", folds=3)
    assert (pool.extras["seen"].sum(1) == 2).all()


def test_folds_have_their_own_keys_and_seeds():
    assert len({split_cifar.key(fold=0), split_cifar.key(fold=1), split_cifar.key(fold=1, mode="seeds")}) == 3
    assert split_cifar.config(fold=1, seed=5)["seed_everything"] == 6
    assert split_cifar.key() == split_cifar.key(fold=0)


def test_without_one_leaves_one_image_out_and_keeps_the_seed():
    parts = [split_cifar.samples("train", mode="without-one", folds=4, fold=fold) for fold in range(4)]
    whole = set(parts[0].ids)
    missing = [whole - set(part.ids) for part in parts[1:]]
    assert [len(one) for one in missing] == [1, 1, 1]
    assert len(set.union(*missing)) == 3
    assert split_cifar.config(fold=3, seed=5, mode="without-one", folds=4)["seed_everything"] == 5


def test_the_number_of_models_is_that_of_the_parameters():
    assert split_cifar.folds() == 2
    assert split_cifar.folds(mode="folds", folds=5) == 5
    assert mnist.folds() == 1


def test_a_fold_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="2 folds, numbered from 0; there is no fold 2"):
        split_cifar.key(fold=2)
    with pytest.raises(DataError, match="'mnist' trains one model; there is no fold 1"):
        mnist.key(fold=1)
    assert mnist.key(fold=0) == mnist.key()
