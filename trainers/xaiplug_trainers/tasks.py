"""Every task of the wheel: the entry points of group `xaiplug.tasks` point here."""

from xaiplug_trainers.task import Task

__all__ = ["decoy_mnist"]

decoy_mnist = Task(
    name="decoy-mnist",
    summary="Faint, noisy digits with a white patch whose place along the border gives the class away.",
    data="xaiplug_trainers.data.decoy_mnist:DecoyMNIST",
    splits=("train", "val", "test", "test-randomised", "test-clean"),
)
