"""Every task of the wheel: the entry points of group `xaiplug.tasks` point here."""

from xaiplug_trainers.task import Task

__all__ = ["celeba", "cifar10", "decoy_mnist", "mnist", "set_sum", "split_cifar", "trec", "wafer", "xai_bench"]

decoy_mnist = Task(
    name="decoy-mnist",
    summary="Faint, noisy digits with a white patch whose place along the border gives the class away.",
    data="xaiplug_trainers.data.decoy_mnist:DecoyMNIST",
    splits=("train", "val", "test", "test-randomised", "test-clean"),
)
set_sum = Task(
    name="set-sum",
    summary="Four digits in a grid, labelled with the sum of the different ones; the exact game is known.",
    data="xaiplug_trainers.data.set_sum:SetSum",
    splits=("train", "val", "test", "test-uniform"),
)
split_cifar = Task(
    name="split-cifar",
    summary="Models of one kind that saw different halves, folds, or the same images from other seeds.",
    data="xaiplug_trainers.data.split_images:SplitImages",
    splits=("train", "val", "test", "pool"),
)
mnist = Task(
    name="mnist",
    summary="Plain digits, all classes or some.",
    data="xaiplug_trainers.data.images:PlainImages",
    splits=("train", "val", "test"),
)
cifar10 = Task(
    name="cifar10",
    summary="Plain small colour images, all classes or some.",
    data="xaiplug_trainers.data.images:PlainImages",
    splits=("train", "val", "test"),
)
xai_bench = Task(
    name="xai-bench",
    summary="Five Gaussian features and a piecewise label with exact Shapley values.",
    data="xaiplug_trainers.data.xai_bench:XaiBench",
    splits=("train", "val", "test"),
)
celeba = Task(
    name="celeba",
    summary="Faces with forty attributes, a sigmoid head each; reads CelebA's folder.",
    data="xaiplug_trainers.data.celeba:CelebA",
    splits=("train", "val", "test"),
)
trec = Task(
    name="trec",
    summary="Questions as word vectors, classified by what they ask for; reads TREC's two files.",
    data="xaiplug_trainers.data.trec:Trec",
    splits=("train", "val", "test"),
)
wafer = Task(
    name="wafer",
    summary="Wafer maps with one of eight failure patterns or none, drawn by a rule that knows where the pattern is.",
    data="xaiplug_trainers.data.wafer:Wafer",
    splits=("train", "val", "test"),
)
