"""The kit, and what MLflow's own client finds; one data base for all, since to make one takes seconds."""

import dataclasses
import json

import pytest

mlflow = pytest.importorskip("mlflow")

from xaiplug.errors import StoreError  # noqa: E402
from xaiplug.testing import view_checks  # noqa: E402
from xaiplug.testing.view.scenes import failing  # noqa: E402
from xaiplug.view.leaderboard import leaderboard  # noqa: E402
from xaiplug_mlflow.view import Mlflow  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def client(tmp_path_factory):
    root = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root}/mlflow.db")
        made = mlflow.MlflowClient()
        made.create_experiment("xaiplug", artifact_location=(root / "artifacts").as_uri())
        yield made


@pytest.mark.parametrize("check", view_checks(["mlflow"]))
def test_conformance(check):
    check()


@pytest.fixture(scope="module")
def study():
    return failing()


@pytest.fixture(scope="module")
def folder(study, client, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    Mlflow().write(study, folder)
    return folder


@pytest.fixture(scope="module")
def runs(folder, client):
    experiment = client.get_experiment_by_name("xaiplug").experiment_id
    newest = client.search_runs([experiment], "tags.mlflow.runName = 'kit'", order_by=["attributes.start_time DESC"])[0]
    below = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{newest.info.run_id}'")
    return newest, below


def test_a_run_of_the_study_with_its_report_and_tables(client, runs):
    whole, _ = runs
    assert whole.info.status == "FINISHED"
    assert whole.data.params == {"run_file": "kit", "device": "cpu"}
    assert whole.data.metrics == {"failures": 1.0}
    names = {item.path for item in client.list_artifacts(whole.info.run_id)}
    assert names == {"report.html", "tables.md", "tables.csv", "figures", "run.yaml"}


def test_a_run_a_method_has_the_numbers_of_the_leaderboard(study, runs):
    found = {run.data.params["explainer"]: run.data for run in runs[1]}
    assert set(found) == {"gradient", "smooth"}
    assert found["smooth"].params == {"model": "net", "data": "digits", "explainer": "smooth", "segmenter": "grid"}
    for board in leaderboard(study):
        for row in board.rows:
            metrics = found[row.method.explainer].metrics
            stored = [metrics[f"{board.metric}{end}"] for end in ("", ".low", ".high", ".samples")]
            assert stored == [row.mean, row.low, row.high, 4.0]


def test_written_again_it_is_the_same_runs_with_the_new_numbers(study, folder, client, runs):
    experiment = client.get_experiment_by_name("xaiplug").experiment_id
    before = len(client.search_runs([experiment]))
    results = study.results.assign(value=study.results.value + 1)
    Mlflow().write(dataclasses.replace(study, results=results), folder)
    assert len(client.search_runs([experiment])) == before
    old = next(run for run in runs[1] if run.data.params["explainer"] == "smooth")
    again = client.get_run(old.info.run_id).data.metrics
    assert again["deletion"] == pytest.approx(old.data.metrics["deletion"] + 1)


def test_the_file_says_where_without_a_password(folder):
    told = json.loads((folder / "mlflow.json").read_text())
    assert (told["experiment"], told["run"]) == ("xaiplug", "kit")
    assert told["tracking_uri"].startswith("sqlite:///")


def test_a_server_that_is_not_there_is_an_error_of_ours(study, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(StoreError, match=r"view mlflow: http://127\.0\.0\.1:9 took no runs") as caught:
        Mlflow(tracking_uri="http://me:secret@127.0.0.1:9").write(study, tmp_path)
    assert "secret" not in str(caught.value)
    assert not (tmp_path / "mlflow.json").exists()


def test_without_a_server_it_is_kept_in_the_folder_of_the_run(study, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    Mlflow().write(study, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"mlflow.db", "mlflow-artifacts", "mlflow.json"}
    assert json.loads((tmp_path / "mlflow.json").read_text())["tracking_uri"] == "sqlite:///mlflow.db"
