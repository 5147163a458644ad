"""What a plug-in can offer: one file a kind, each with its base class, its contract, and the reading of its answer.

`xaiplug.hookspecs` is the table of kinds. Everything here is light: types are named in hints only.
"""

from xaiplug.kinds.base import CLAIMS, NEEDS, Component, Origin
from xaiplug.kinds.baseline import Baseline
from xaiplug.kinds.data_source import DataSource
from xaiplug.kinds.engine import Done, Engine, Job, Watcher, Work, do
from xaiplug.kinds.explainer import Explainer
from xaiplug.kinds.imputer import Imputer, PixelImputer
from xaiplug.kinds.metric import Metric, PairMetric, RetrainMetric
from xaiplug.kinds.model_source import ModelSource
from xaiplug.kinds.segmenter import Segmenter
from xaiplug.kinds.source import Source
from xaiplug.kinds.task import Task
from xaiplug.kinds.view import StudyView

__all__ = [
    "CLAIMS",
    "NEEDS",
    "Baseline",
    "Component",
    "DataSource",
    "Done",
    "Engine",
    "Explainer",
    "Imputer",
    "Job",
    "Metric",
    "ModelSource",
    "Origin",
    "PairMetric",
    "PixelImputer",
    "RetrainMetric",
    "Segmenter",
    "Source",
    "StudyView",
    "Task",
    "Watcher",
    "Work",
    "do",
]
