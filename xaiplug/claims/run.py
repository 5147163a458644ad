"""A claim put to the test: its run file is run, or its tests are."""

from __future__ import annotations

import datetime
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import yaml

from xaiplug.claims.gather import Paper
from xaiplug.claims.judge import judge
from xaiplug.claims.judged import Judged
from xaiplug.claims.names import unknown
from xaiplug.claims.schema import Claim
from xaiplug.config import load
from xaiplug.errors import ConfigError, XaiplugError
from xaiplug.kinds import Watcher
from xaiplug.run import execute
from xaiplug.run.collect import results
from xaiplug.run.store import Store

DATA = "$XAIPLUG_DATA"
FOLDER = "runs/claims"
"""Below the working directory; claims with one run file and the same settings share a folder."""


def put(paper: Paper, claim: Claim, watcher: Watcher) -> Judged:
    """The verdict on a claim, from what is computed now or was computed before in the same place.

    Raises:
        ConfigError: the run file, data that is not there, or only the wheel is.
    """
    if claim.statement.unavailable is not None:
        return Judged("not-to-be-had", claim.statement.unavailable)
    if paper.source is None:
        raise ConfigError(f"{paper.file}: run files and tests come with the source of plug-in '{paper.plugin}' only")
    if claim.statement.tests:
        return by_tests(claim, _told(claim.statement.tests, paper.source))
    return _run(claim, paper.source, watcher)


def by_tests(claim: Claim, why: str = "") -> Judged:
    """The verdict on a claim that tests decide; `why` they do not, if so."""
    names = ", ".join(node.partition("::")[2] for node in claim.statement.tests)
    if why:
        return Judged("undecided", f"its tests fail: {why}")
    if claim.statement.exact:
        return Judged("held", f"exactly, by test: {names}")
    return Judged("did-not-hold", f"by counter-example, in test: {names}")


def _told(tests: Sequence[str], source: Path) -> str:
    """Why tests do not pass; "" where they do."""
    if importlib.util.find_spec("pytest") is None:
        raise ConfigError("a claim is held by tests, and pytest is not installed: pip install pytest")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout.strip().splitlines() or ["no output"])[-1]


def _run(claim: Claim, source: Path, watcher: Watcher) -> Judged:
    assert claim.run is not None
    assert claim.statement.measured is not None
    settings = [_placed(setting) for setting in claim.settings]
    config = load(source / claim.run, [*settings, f"outputs.dir={folder_of(claim)}"])
    if wrong := unknown(claim.statement.measured, config):
        raise ConfigError("\n".join(f"claim '{claim.id}' ({claim.run}): {told}" for told in wrong))
    try:
        outcome = execute(config, watcher)
        if outcome.failures:
            return Judged("undecided", f"{len(outcome.failures)} cells of its run failed: {outcome.failures[0].error}")
        found = judge(claim.statement.measured, results(Store(outcome.folder)))
    except XaiplugError as error:
        raise ConfigError(f"claim '{claim.id}' ({claim.run}): {error}") from error
    versions = {name: version(name) for name in ("xaiplug", "torch")}
    return replace(found, versions=versions, date=datetime.datetime.now(datetime.UTC).date().isoformat())


def folder_of(claim: Claim) -> str:
    """Where the run of a claim is kept, relative to the working directory."""
    assert claim.run is not None
    stem = Path(claim.run).stem
    if not claim.settings:
        return f"{FOLDER}/{stem}"
    told = yaml.safe_dump(sorted(claim.settings))
    return f"{FOLDER}/{stem}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _placed(setting: str) -> str:
    """A setting with the folder of the user's data in it."""
    if DATA not in setting:
        return setting
    if not (folder := os.environ.get("XAIPLUG_DATA")):
        raise ConfigError(f"--set {setting}: needs the folder of your data; set XAIPLUG_DATA")
    return setting.replace(DATA, str(Path(folder).resolve()))
