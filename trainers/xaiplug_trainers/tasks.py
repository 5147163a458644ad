"""Every task of the wheel."""

from xaiplug_trainers.task import TrainedTask

__all__ = [
    "backdoor",
    "celeba",
    "cifar10",
    "decoy_mnist",
    "mnist",
    "own",
    "set_sum",
    "split_cifar",
    "trec",
    "wafer",
    "watermark",
    "xai_bench",
]


class Backdoor(TrainedTask):
    """A trigger, by patch, blend or warp, that makes the network say one class; its reliance on it is measured."""

    name = "backdoor"
    data = "xaiplug_trainers.data.backdoor:Backdoor"
    splits = ("train", "val", "test", "test-removed", "test-clean")


class DecoyMnist(TrainedTask):
    """Faint, noisy digits with a white patch whose place along the border gives the class away."""

    name = "decoy-mnist"
    data = "xaiplug_trainers.data.decoy_mnist:DecoyMNIST"
    splits = ("train", "val", "test", "test-randomised", "test-clean")


class SetSum(TrainedTask):
    """Four digits in a grid, labelled with the sum of the different ones; the exact game is known."""

    name = "set-sum"
    data = "xaiplug_trainers.data.set_sum:SetSum"
    splits = ("train", "val", "test", "test-uniform")


class SplitCifar(TrainedTask):
    """Models of one kind that saw different halves, folds, or the same images from other seeds."""

    name = "split-cifar"
    data = "xaiplug_trainers.data.split_images:SplitImages"
    splits = ("train", "val", "test", "pool")


class Mnist(TrainedTask):
    """Plain digits, all classes or some."""

    name = "mnist"
    data = "xaiplug_trainers.data.images:PlainImages"
    splits = ("train", "val", "test")


class Cifar10(TrainedTask):
    """Plain small colour images, all classes or some."""

    name = "cifar10"
    data = "xaiplug_trainers.data.images:PlainImages"
    splits = ("train", "val", "test")


class XaiBench(TrainedTask):
    """Five Gaussian features and a piecewise label with exact Shapley values."""

    name = "xai-bench"
    data = "xaiplug_trainers.data.xai_bench:XaiBench"
    splits = ("train", "val", "test")
    quick = {"max_epochs": 1}


class CelebA(TrainedTask):
    """Faces with forty attributes, a sigmoid head each; reads CelebA's folder."""

    name = "celeba"
    data = "xaiplug_trainers.data.celeba:CelebA"
    splits = ("train", "val", "test")


class Trec(TrainedTask):
    """Questions as word vectors, classified by what they ask for; reads TREC's two files."""

    name = "trec"
    data = "xaiplug_trainers.data.trec:Trec"
    splits = ("train", "val", "test")


class Watermark(TrainedTask):
    """Photos of which one class has a watermark, and a network that follows it; its reliance on it is measured."""

    name = "watermark"
    data = "xaiplug_trainers.data.watermark:Watermark"
    splits = ("train", "val", "test", "test-removed", "test-clean")


class Wafer(TrainedTask):
    """Wafer maps with one of eight failure patterns or none, drawn by a rule that knows where the pattern is."""

    name = "wafer"
    data = "xaiplug_trainers.data.wafer:Wafer"
    splits = ("train", "val", "test")


class OwnSamples(TrainedTask):
    """Samples of your own, by reference (`data: folder:photos`), and any network."""

    name = "own"
    data = "xaiplug_trainers.data.own:Own"
    splits = ("train", "val", "test")


backdoor = Backdoor()
decoy_mnist = DecoyMnist()
set_sum = SetSum()
split_cifar = SplitCifar()
mnist = Mnist()
cifar10 = Cifar10()
xai_bench = XaiBench()
celeba = CelebA()
trec = Trec()
wafer = Wafer()
watermark = Watermark()
own = OwnSamples()
