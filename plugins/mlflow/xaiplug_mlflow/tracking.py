"""A study in MLflow. Written again, as when a run goes on, it is found by its tag, and no second one is made."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.errors import StoreError, one_line
from xaiplug.view.files import Csv, Figures, Markdown
from xaiplug.view.html import Html
from xaiplug.view.leaderboard import Row, leaderboard
from xaiplug.view.names import told_apart

OURS = "xaiplug.study"
"""The tag of a study, and of each of its methods, by which it is found again."""

LONGEST = 500
"""Letters of a parameter, the most that every release of MLflow takes."""


def log(study: Study, folder: Path, file: Path, tracking_uri: str, experiment: str) -> Path:
    """Log the study, then write `file`, which says where; returns it.

    Raises:
        StoreError: the folder cannot be written, or MLflow's server refuses.
    """
    uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror or error}; choose another folder") from error
    own = f"sqlite:///{(folder / 'mlflow.db').resolve()}"
    try:
        tracker = _Tracker(
            MlflowClient(tracking_uri=uri or own), experiment, "" if uri else folder / "mlflow-artifacts"
        )
        tracker.study(study, str(folder.resolve()))
    except (MlflowException, OSError) as error:
        told = one_line(error).replace(uri or own, _without_password(uri or own))
        raise StoreError(
            f"view mlflow: {_without_password(uri or own)} took no runs ({told}); "
            "name a server that is there as tracking_uri, or leave it out"
        ) from error
    where = {"tracking_uri": _without_password(uri) or "sqlite:///mlflow.db", "experiment": experiment}
    text = json.dumps(where | {"run": study.name}, indent=1)
    return write_atomically(file, lambda beside: beside.write_text(text, encoding="utf-8"))


class _Tracker:
    """One experiment of a server."""

    def __init__(self, client: MlflowClient, experiment: str, artifacts: Path | str) -> None:
        self.client = client
        found = client.get_experiment_by_name(experiment)
        place = artifacts.resolve().as_uri() if isinstance(artifacts, Path) else None
        self.experiment = (
            found.experiment_id if found else client.create_experiment(experiment, artifact_location=place)
        )

    def study(self, study: Study, folder: str) -> None:
        """The study's run with its files, and below it a run for each method on each model and data set."""
        parent = self._run(study.name, folder, {})
        facts = {"run_file": study.name} | {str(name): str(value) for name, value in study.machine.items()}
        self._log(parent, _params(facts), {"failures": float(len(study.failures))})
        with TemporaryDirectory() as made:
            for view in (Html(), Markdown(), Csv(), Figures()):
                view.write(study, Path(made))
            (Path(made) / "run.yaml").write_text(study.config, encoding="utf-8")
            self.client.log_artifacts(parent, made)
        for (model, data, method), rows in _methods(study).items():
            row = next(iter(rows.values()))
            child = self._run(method, f"{folder}\n{model}\n{data}\n{method}", {"mlflow.parentRunId": parent})
            settings = {"model": model, "data": data, "explainer": row.method.explainer} | dict(row.method.settings)
            self._log(child, _params(settings), _metrics(rows))

    def _run(self, name: str, key: str, tags: Mapping[str, str]) -> str:
        tag = hashlib.sha256(key.encode()).hexdigest()[:32]
        found = self.client.search_runs([self.experiment], f"tags.`{OURS}` = '{tag}'", max_results=1)
        if found:
            return str(found[0].info.run_id)
        made = self.client.create_run(self.experiment, tags={OURS: tag, **tags}, run_name=name)
        return str(made.info.run_id)

    def _log(self, run: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Numbers as they are now at step 0; a parameter that a run has cannot change and stays."""
        known = self.client.get_run(run).data.params
        self.client.log_batch(
            run,
            metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()],
            params=[Param(name, value) for name, value in params.items() if name not in known],
            tags=[RunTag("mlflow.source.name", "xaiplug")],
        )
        self.client.set_terminated(run)


def _methods(study: Study) -> dict[tuple[str, str, str], dict[str, Row]]:
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for board in leaderboard(study):
        for row in board.rows:
            found.setdefault((board.model, board.data, str(row.method)), {})[board.metric] = row
    return found


def _metrics(rows: Mapping[str, Row]) -> dict[str, float]:
    """`METRIC`, `METRIC.low`, `METRIC.high` (the 95 % interval) and `METRIC.samples`; without what is undefined."""
    found = {}
    for metric, name in told_apart(rows, key).items():
        row = rows[metric]
        numbers = {"": row.mean, ".low": row.low, ".high": row.high, ".samples": float(row.count)}
        found |= {f"{name}{end}": value for end, value in numbers.items() if value == value}
    return found


def _params(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: facts[fact][:LONGEST] for fact, name in told_apart(facts, key).items()}


def key(name: str) -> str:
    """A name as MLflow allows one: letters, digits, `_`, `-`, `.`, spaces and single slashes.

    >>> key("mass of <b>"), key("a//b")
    ('mass of -b-', 'a-b')
    """
    return re.sub(r"[^\w\- .]+", "-", name, flags=re.ASCII).strip(" .")[:200] or "x"


def _without_password(uri: str) -> str:
    """
    >>> _without_password("https://me:secret@host:5000/x")
    'https://host:5000/x'
    """
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else uri
