"""xaiplug: a plug-in framework for explaining vision models and defending the explanation.

Importing this package imports no torch; names are loaded when first used (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xaiplug.hookspecs import hookimpl
from xaiplug.kinds import (
    Baseline,
    Component,
    DataSource,
    Done,
    Engine,
    Explainer,
    Imputer,
    Metric,
    ModelSource,
    PairMetric,
    PixelImputer,
    RetrainMetric,
    Segmenter,
    StudyView,
    Task,
    Work,
)
from xaiplug.kinds.fields import Use, use
from xaiplug.spec import Paper, Spec

if TYPE_CHECKING:
    from xaiplug.api import component, explain, load_data, load_model, score
    from xaiplug.comparison import Comparison, compare
    from xaiplug.data.exact import Exact
    from xaiplug.data.explanation import Explanation, SetScores
    from xaiplug.data.groups import FeatureGroups
    from xaiplug.data.result import MetricResult
    from xaiplug.data.samples import Pool, Samples
    from xaiplug.data.study import Study
    from xaiplug.data.target import Target
    from xaiplug.game import MaskedGame
    from xaiplug.kinds.metric import View
    from xaiplug.model import Model
    from xaiplug.model.query import Query
    from xaiplug.model.readings import Detection, Difference, Region
    from xaiplug.results import Results
    from xaiplug.sentences import Text, text

__version__ = "0.1.0"

_LAZY = {
    "explain": "xaiplug.api",
    "score": "xaiplug.api",
    "component": "xaiplug.api",
    "compare": "xaiplug.comparison",
    "Comparison": "xaiplug.comparison",
    "load_model": "xaiplug.api",
    "load_data": "xaiplug.api",
    "Model": "xaiplug.model",
    "Region": "xaiplug.model.readings",
    "Difference": "xaiplug.model.readings",
    "Detection": "xaiplug.model.readings",
    "Query": "xaiplug.model.query",
    "Pool": "xaiplug.data.samples",
    "Target": "xaiplug.data.target",
    "FeatureGroups": "xaiplug.data.groups",
    "Exact": "xaiplug.data.exact",
    "Explanation": "xaiplug.data.explanation",
    "SetScores": "xaiplug.data.explanation",
    "MetricResult": "xaiplug.data.result",
    "View": "xaiplug.kinds.metric",
    "Study": "xaiplug.data.study",
    "Samples": "xaiplug.data.samples",
    "MaskedGame": "xaiplug.game",
    "Results": "xaiplug.results",
    "Text": "xaiplug.sentences",
    "text": "xaiplug.sentences",
}

__all__ = [
    "Baseline",
    "Comparison",
    "Component",
    "DataSource",
    "Detection",
    "Difference",
    "Done",
    "Engine",
    "Exact",
    "Explainer",
    "Explanation",
    "FeatureGroups",
    "Imputer",
    "MaskedGame",
    "Metric",
    "MetricResult",
    "Model",
    "ModelSource",
    "PairMetric",
    "Paper",
    "PixelImputer",
    "Pool",
    "Query",
    "Region",
    "Results",
    "RetrainMetric",
    "Samples",
    "Segmenter",
    "SetScores",
    "Spec",
    "Study",
    "StudyView",
    "Target",
    "Task",
    "Text",
    "Use",
    "View",
    "Work",
    "__version__",
    "compare",
    "component",
    "explain",
    "hookimpl",
    "load_data",
    "load_model",
    "score",
    "text",
    "use",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'xaiplug' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
