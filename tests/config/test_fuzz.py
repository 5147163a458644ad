"""Run files and `--set` lines that nobody would write on purpose: each is right, or one of our errors."""

import random

import pytest

from xaiplug.config import load
from xaiplug.errors import XaiplugError

FILE = """\
version: 1
name: all
seeds: [0, 1]
models: {small: {use: "toy_nets:small", params: {seed: 1}}}
data: {test: {use: "toy_nets:images", split: test, limit: 4, keep: top-2, per_class: 2, tag: even, params: {n: 12}}}
pool: {use: "toy_nets:images", split: train, limit: 8}
target: {use: 1, scale: log_odds}
segmenters: {h: {use: toy-halves, params: {columns: 3}}}
baselines: {zero: {use: toy-constant}, swept: {use: toy-constant, grid: {value: [0.5, 1.0]}}}
references: {others: {use: toy-pool, params: {n: 3}}}
imputers: {fill: {use: toy-fill}}
explainers: {ig: {use: toy-path, zip: {steps: [2, 4]}, baseline: [zero]}, occ: {use: toy-groups, segmenter: h}}
metrics: {del: {use: toy-removing, imputer: fill, baseline: zero}}
runs: [{models: small, data: [test], explainers: [ig], baselines: "*", metrics: "*"}]
engine: {use: serial, params: {}}
views: [{use: html, params: {file: page.html}}]
outputs: {dir: runs/elsewhere}
plugins: {disable: [captum], only: [], files: [toy_plugin.py]}
"""

VALUES = [
    *("", "~", "true", "-1", "0", "3.5", "1e400", ".nan", ".inf", "9" * 5000, "0x1f", "1_000", "2024-01-01", "1:30"),
    *("[]", "{}", "[[]]", "[{}]", "{a: {b: {c: 1}}}", "{? [1] : 2}", "{1: 2}", "{~: 2}", "{true: 2}", "[1, [2, [3]]]"),
    *("!!int abc", "!!float x", "!!bool maybe", "!!null x", "!!binary '?'", "!!timestamp x", "!!set {a}", "!!omap [a]"),
    *("!!python/object:os.system x", "!local x", "&a [*a]", "*nowhere", "<<", "{<<: 1}", "{<<: [1]}", "- - -", "@x"),
    *('"\\0"', '"a\\nb"', '"\\ud800"', "'" + "a" * 5000 + "'", "../..", "/etc/passwd", "~/x", ".", "C:\\x", "*", "a/b"),
    *(
        "task:",
        "task:decoy-mnist",
        "task:no",
        "file:",
        "file:.",
        "folder:.",
        "a:b",
        "os:system",
        "a.b.c:d",
        ":",
        "::",
        "²",
    ),
    *("toy_nets:", "toy_nets:nothing", "..:x", ".toy_nets:small", "{use: 1}", "{use: [a]}", "{use: ig, params: [1]}"),
    *(
        "[" * 1100,  # deeper than Python goes
        "{a: " * 550,
        "x: y: z",
        "'",
        '"',
        "|\n  x",
        ">",
        "%YAML 1.1",
        "--- a",
        "...",
        "\t",
        "\x07",
        "é" * 300,
    ),
]
KEYS = [
    "use",
    "params",
    "grid",
    "zip",
    "splt",
    "1",
    "~",
    "true",
    "[a]",
    '"\\0"',
    "'" + "k" * 3000 + "'",
    "²",
    "a.b",
    "<<",
    "?",
]


def scalars(text):
    """Places in the text where a value or a key stands."""
    places, start = [], 0
    for index, sign in enumerate(text):
        if sign in " ,:[]{}\n":
            if index > start:
                places.append((start, index))
            start = index + 1
    return places


def mangled(chance):
    """The file with one to three of its words replaced, dropped or doubled."""
    text = FILE
    for _ in range(chance.randint(1, 3)):
        start, end = chance.choice(scalars(text))
        match chance.randint(0, 5):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + chance.choice(KEYS) + text[end:]
            case 2:
                text = text[:end] + chance.choice(",:[]{}\n'\"&*!|>%@`#-?") + text[end:]
            case _:
                text = text[:start] + chance.choice(VALUES) + text[end:]
    return text


def paths(chance):
    """Dotted paths, most of which lead somewhere."""
    sections = [
        "models.small",
        "data.test",
        "explainers.ig",
        "baselines.swept",
        "runs.0",
        "views.0",
        "engine",
        "target",
    ]
    words = [
        "use",
        "params",
        "params.n",
        "grid.value.0",
        "zip.steps.1",
        "limit",
        "seeds",
        "²",
        "0",
        "-1",
        "9" * 30,
        "",
        ".",
    ]
    alone = [
        "seeds.²",
        "seeds.0",
        "seeds.9",
        "seeds",
        "name",
        "outputs.dir",
        "plugins.files.0",
        "",
        ".",
        "a",
        "runs",
        "version",
    ]
    return chance.choice([*alone, f"{chance.choice(sections)}.{chance.choice(words)}", chance.choice(sections)])


def told(run):
    """None, or what came that is none of our errors."""
    try:
        run()
    except XaiplugError as error:
        return None if str(error).strip() else "an error without a word"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(10))
def test_fifty_mangled_run_files_each(here, seed):
    chance, found = random.Random(seed), []
    for _ in range(50):
        text = mangled(chance)
        (here / "run.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
        if wrong := told(lambda: load("run.yaml")):
            found.append((wrong, text))
    assert not found, found[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_fifty_settings_each(here, seed):
    chance, found = random.Random(seed), []
    (here / "run.yaml").write_text(FILE)
    for _ in range(50):
        setting = chance.choice([f"{paths(chance)}={chance.choice(VALUES)}", paths(chance), chance.choice(VALUES)])
        if wrong := told(lambda setting=setting: load("run.yaml", [setting])):
            found.append((wrong, setting))
    assert not found, found[0]
