"""Tables and figures for a paper: the numbers of the page, and no name that can do harm."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from PIL import Image

from xaiplug.data.study import Study
from xaiplug.errors import StoreError
from xaiplug.view.files import Csv, Figures, Latex, Markdown
from xaiplug.view.leaderboard import leaderboard
from xaiplug.view.paired import contrast_csv, contrast_latex, contrasts
from xaiplug.view.tabular import Strong, latex_table, markdown_table

EVIL = r"a_b & 50 % \input{x} | <b>*[y](z)"


def test_csv_has_the_leaderboard_in_full_precision(study, tmp_path):
    text = Csv().write(study, tmp_path).read_text()
    rows = {(row["metric"], row["method"]): row for row in csv.DictReader(io.StringIO(text))}
    for board in leaderboard(study):
        for one in board.rows:
            row = rows.pop((board.metric, str(one.method)))
            assert [float(row[name]) for name in ("mean", "low", "high")] == [one.mean, one.low, one.high]
    assert not rows


@pytest.mark.parametrize(("view", "bold"), [(Markdown(), r"\*\*([^*]+)\*\*"), (Latex(), r"\\textbf\{(.+?)\}")])
def test_the_best_and_what_ties_with_it_is_bold(study, tmp_path, view, bold):
    text = view.write(study, tmp_path).read_text()
    strong = sum(one.best or one.tied for board in leaderboard(study) for one in board.rows)
    assert len(re.findall(bold, text)) == strong > 0


def test_it_says_how_it_was_made_and_what_to_cite(studies, tmp_path):
    made = studies(stands_for={"random": "noise, width 3"})
    for view, comment in ((Markdown(), ""), (Latex(), "% ")):
        text = view.write(made, tmp_path).read_text()
        assert "seeds: 0, 1, 2" in text
        assert "random is noise, width 3" in text
        assert f"{comment}@inproceedings{{sundararajan2017axiomatic," in text
        assert text.count("sundararajan2017axiomatic") == 1


def test_names_from_outside_do_no_harm(studies, study, tmp_path):
    frame = study.results[study.results["metric"] == "deletion"].assign(metric=EVIL, model=EVIL)
    made = studies(name=EVIL, results=frame.replace({"explainer": {"random": "=1+1"}}), stands_for={EVIL: EVIL})
    tables = Markdown().write(made, tmp_path).read_text()
    assert "<b>" not in tables
    assert {line.count("|") - line.count(r"\|") for line in tables.splitlines() if line.startswith("|")} == {3}
    body = [line for line in Latex().write(made, tmp_path).read_text().splitlines() if not line.startswith("%")]
    assert not any(re.search(r"(?<!\\)[%#_]|\\input\{", line) for line in body)
    assert "'=1+1" in Csv().write(made, tmp_path).read_text()


def test_a_study_of_nothing_is_a_file(tmp_path):
    nothing = Study("nothing", "", pd.DataFrame(), pd.DataFrame())
    for view in (Markdown(), Latex(), Csv(), Figures()):
        assert view.write(nothing, tmp_path / view.called).exists()


def test_figures_are_as_wide_as_asked_and_the_same_bytes_again(study, studies, photos, tmp_path):
    made = studies(gallery=[*study.gallery, photos])
    folder = Figures(width=5.0, samples=2).write(made, tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert [name for name in names if name.endswith(".pdf")] == [
        "curves-decoy-decoy-test-deletion.pdf",
        "curves-decoy-decoy-test-insertion.pdf",
    ]
    pictures = [path for path in folder.iterdir() if path.suffix == ".png"]
    assert len(pictures) == 2
    with Image.open(pictures[0]) as picture:
        assert picture.width == 1500
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    Figures(width=5.0, samples=2).write(made, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_names_of_files_stay_in_the_folder(studies, study, tmp_path):
    from dataclasses import replace

    made = studies(gallery=[replace(study.gallery[0], model="../../up", data="/etc")], curves=[])
    folder = Figures(folder="../out", samples=1).write(made, tmp_path / "run")
    assert folder == tmp_path / "run" / "out"
    assert [path.name for path in folder.iterdir()] == ["gallery-up-etc.png"]


def test_a_folder_that_cannot_be_is_a_clear_error(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose a folder"):
        Markdown().write(study, tmp_path / "file")


def test_differences_as_latex_and_csv(study):
    found = contrasts(study.results, pairs=[("moxi", "random")], metrics=["deletion"])
    (row,) = csv.DictReader(io.StringIO(contrast_csv(found)))
    assert float(row["difference"]) == found[0].difference.mean
    assert (row["first"], row["second"]) == ("moxi", "random")
    assert r"\begin{tabular}" in contrast_latex(found)
    assert contrast_latex([]) == "% no results\n"


def test_cells_are_set_bold_where_a_format_can():
    assert markdown_table(["x"], [[Strong("1*")]]).endswith(r"| **1\*** |")
    assert r"\textbf{1\%} \\" in latex_table(["x"], [[Strong("1%")]])
