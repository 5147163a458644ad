"""What the documents show is so: pages are followed to the letter, links lead somewhere, nothing is left out."""

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import xaiplug
from xaiplug import registry
from xaiplug.config import schema

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("follow", DOCS / "follow.py")
follow = importlib.util.module_from_spec(spec)
sys.modules["follow"] = follow
spec.loader.exec_module(follow)

WRITTEN = [page for page in sorted(DOCS.rglob("*.md")) if not {"made", "plugins", "methods", "_site"} & set(page.parts)]
SHOWN = [page for page in WRITTEN if page.parent.name != "results" and follow.blocks(page)]
MINUTES = {"start.md": 5, "photo.md": 10, "write-a-method.md": 20}
"""The newcomer's path; with the install, by `.ci/newcomer`."""


@pytest.mark.slow
@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.stem)
def test_what_a_page_shows_is_so(page, tmp_path):
    limit = ["--limit", str(MINUTES[page.name])] if page.name in MINUTES else []
    done = subprocess.run(
        [sys.executable, DOCS / "follow.py", page, "--to", tmp_path, *limit],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]


def test_the_pages_of_a_newcomer_are_among_them():
    assert set(MINUTES) <= {page.name for page in SHOWN}


def test_a_page_that_says_too_much_is_caught(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint('mass', 0.5)\n```\n\n```text\nmass 0.7\n```\n")
    done = subprocess.run(
        [sys.executable, DOCS / "follow.py", page, "--to", tmp_path / "there"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "page.md:5: the page says" in done.stderr


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]


def test_all_that_is_public_is_on_the_page_of_the_api():
    page = (DOCS / "lookup" / "api.md").read_text()
    named = set(re.findall(r"^\.\. (?:auto|py:)\w+:: (\w+)", page, re.MULTILINE))
    assert set(xaiplug.__all__) - named == {"__version__"}


def test_every_key_of_a_run_file_says_what_it_is():
    classes = {node.name: node for node in ast.parse(inspect.getsource(schema)).body if isinstance(node, ast.ClassDef)}
    silent = []
    for name, node in classes.items():
        for place, statement in enumerate(node.body):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                below = node.body[place + 1] if place + 1 < len(node.body) else None
                if not (isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)):
                    silent.append(f"{name}.{statement.target.id}")
    assert silent == []


def test_pictures_of_the_pages_are_there_and_small():
    for page in WRITTEN:
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
            path = page.parent / picture
            assert path.is_file(), f"{page.name}: {picture}"
            assert path.stat().st_size < 150_000, picture


def test_a_plugin_has_its_picture_or_nothing_to_show():
    text = (DOCS / "plugin_pictures.py").read_text()
    drawn = set(re.findall(r'^    "(\w+)": ', text, re.MULTILINE))
    pictures = {path.stem: path.stat().st_size for path in (DOCS / "pictures" / "plugins").glob("*.png")}
    assert set(pictures) == drawn
    assert sum(pictures.values()) < 1_500_000
    without = {"dask", "fiftyone", "mlflow", "ray", "retraining", "sam", "sources", "stability", "tensorboard"}
    assert drawn | without | {"xaiplug"} == {entry.plugin.name for entry in registry.discover().entries}


def test_llms_txt_leads_to_pages():
    for target in re.findall(r"\]\(([^)]+)\)", (DOCS / "llms.txt").read_text()):
        assert (DOCS / target).is_file(), target


def test_every_component_of_ours_is_in_its_plugins_readme():
    root = DOCS.parent
    texts = {path.parent.name: path.read_text() for path in root.glob("plugins/*/README.md")}
    texts["trainers"] = (root / "trainers" / "README.md").read_text()
    ours = [entry for entry in registry.discover().entries if entry.plugin.distribution.startswith("xaiplug-")]
    missing = [
        entry.name for entry in ours if entry.spec.name not in texts[entry.plugin.distribution.removeprefix("xaiplug-")]
    ]
    assert missing == []
