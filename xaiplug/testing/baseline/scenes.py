"""What baselines are asked in the kit, and the scenes that one takes."""

from __future__ import annotations

from torch import Tensor

from xaiplug.calling.asking import asking
from xaiplug.kinds import Baseline
from xaiplug.testing.shared.inputs import PLAIN_KINDS, scenes_among, taking
from xaiplug.testing.shared.scenes import Scene, scene


def built_by(baseline: Baseline, made: Scene, seed: int = 0) -> Tensor:
    """What the baseline itself returns, without the framework's own checks."""
    query = made.ask(baseline, seed=seed)
    with asking(query.model):
        return baseline.build(query)


def baselines_take(baseline: Baseline) -> dict[str, Scene | Exception]:
    """Kind of input -> its scene where the baseline takes it, else the error; images are normalised by the model."""
    return taking(baseline, PLAIN_KINDS, lambda kind: scene(kind).normalised(), lambda made: built_by(baseline, made))


def baseline_scenes(baseline: Baseline) -> list[Scene]:
    """Every scene that the baseline takes."""
    return scenes_among(baselines_take(baseline))


def outcome(baseline: Baseline, original: Baseline) -> Tensor:
    """What it builds for the scene that suits `original`."""
    return built_by(baseline, baseline_scenes(original)[0])
