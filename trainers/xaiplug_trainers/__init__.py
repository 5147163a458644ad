"""Supporting models for xaiplug: tasks whose ground truth is known, trained by Lightning.

A task is data (`data/`), a network (`networks/`), a loss (`losses.py`) and a `configs/<task>.yaml`; `tasks.py` lists
them. This page stays light: importing it imports no torch.
"""

from xaiplug import Spec, hookimpl

__version__ = "0.1.0"

__all__ = ["__version__"]


@hookimpl
def xaiplug_tasks() -> list[Spec]:
    return [
        Spec("backdoor", "xaiplug_trainers.tasks:Backdoor"),
        Spec("celeba", "xaiplug_trainers.tasks:CelebA"),
        Spec("cifar10", "xaiplug_trainers.tasks:Cifar10"),
        Spec("decoy-mnist", "xaiplug_trainers.tasks:DecoyMnist"),
        Spec("mnist", "xaiplug_trainers.tasks:Mnist"),
        Spec("own", "xaiplug_trainers.tasks:OwnSamples"),
        Spec("set-sum", "xaiplug_trainers.tasks:SetSum"),
        Spec("split-cifar", "xaiplug_trainers.tasks:SplitCifar"),
        Spec("trec", "xaiplug_trainers.tasks:Trec"),
        Spec("wafer", "xaiplug_trainers.tasks:Wafer"),
        Spec("watermark", "xaiplug_trainers.tasks:Watermark"),
        Spec("xai-bench", "xaiplug_trainers.tasks:XaiBench"),
    ]
