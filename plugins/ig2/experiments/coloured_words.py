"""Questions of a run on `task:trec` as coloured words (Fig. 8 and 12 of the IG² paper), in one HTML page.

    python coloured_words.py RUN_FOLDER OUT.html

A word's value is the sum of its vector's attributions. Red raises the explained class, blue lowers it, white is 0;
every line has its own scale.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from html import escape
from pathlib import Path

from matplotlib.colors import to_hex

from xaiplug import Explanation
from xaiplug import config as run_file
from xaiplug.run.cell import EXPLANATION
from xaiplug.run.cells import Cell
from xaiplug.run.collect import finished
from xaiplug.run.planfile import PLAN, RUN
from xaiplug.run.store import Store, read_json
from xaiplug.run.workspace import Workspace
from xaiplug.view.colours import signed_map

_HEAD = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.9 sans-serif;margin:2em;max-width:70em}}span{{padding:.15em .3em;border-radius:.2em}}
small{{display:inline-block;width:16em;color:#555}}</style>
"""


def coloured(words: Sequence[str], values: Sequence[float]) -> str:
    """HTML of words on the signed colour of their values, relative to the largest magnitude; words are escaped."""
    largest = max((abs(value) for value in values), default=0) or 1
    spans = []
    for word, value in zip(words, values, strict=False):
        ground = signed_map()(0.5 + 0.5 * value / largest)
        ink = "#fff" if abs(value) > 0.7 * largest else "#000"
        text = escape(word)
        spans.append(f'<span style="background:{to_hex(ground)};color:{ink}" title="{value:.4g}">{text}</span>')
    return " ".join(spans)


def page(folder: Path) -> str:
    """The whole page: for each question a line for every finished explanation."""
    store = Store(folder)
    workspace = Workspace(run_file.load(folder / RUN, root=Path(read_json(folder / PLAN)["root"])))
    lines: dict[tuple[str, int], list[str]] = {}
    titles: dict[tuple[str, int], str] = {}
    for entry, stored in finished(store, ("explain",)):
        samples = workspace.selected(Cell("explain", entry["model"], entry["data"])).samples
        names = workspace.model(entry["model"]).class_names or ()
        explanation = Explanation.load(store.cell(entry["id"]) / EXPLANATION)
        values = explanation.on_inputs((*samples.inputs.shape[1:],)).expand_as(samples.inputs).sum(2)
        settings = " ".join(filter(None, (entry["references"], entry["baseline"])))
        for row in range(len(stored["ids"])):
            key = entry["data"], row
            words = bytes(samples.extras["text"][row].tolist()).rstrip(b"\0").decode().split(" ")
            said = names[int(explanation.target.index[row])] if explanation.target is not None else ""
            titles[key] = f"#{row + 1} [{said}]"
            method = escape(f"{entry['explainer']} {settings}".strip())
            lines.setdefault(key, []).append(f"<small>{method}</small>{coloured(words, values[row].tolist())}<br>")
    blocks = [f"<h3>{escape(titles[key])}</h3>\n" + "\n".join(found) for key, found in lines.items()]
    return _HEAD.format(title=escape(folder.name)) + "\n".join(blocks) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.write_text(page(arguments.folder), encoding="utf-8")


if __name__ == "__main__":
    main()
