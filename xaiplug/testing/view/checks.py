"""Checks of views."""

from __future__ import annotations

from pathlib import Path

from xaiplug.errors import XaiplugError, listing
from xaiplug.kinds import StudyView
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Check, Measured, Skip, Violation, check
from xaiplug.testing.shared.untouched import untouched_by
from xaiplug.testing.view.scenes import HOSTILE, STUDIES, content, full, hostile, place, written

PAGES = (".html", ".htm", ".svg", ".xhtml")
"""Files that a browser runs."""


@check("writes")
def writes(view: StudyView) -> Measured:
    """Every study, the empty one too, is written inside the folder, and the path that it gives is there."""
    for what, make in STUDIES.items():
        with place() as made:
            path = Path(view.write(make(), made.folder))
            if not path.exists():
                raise Violation(f"{what} study: it says that it wrote {path}, and nothing is there")
            if made.folder not in path.resolve().parents:
                raise Violation(f"{what} study: it wrote {path}, outside of the folder of the run")
    return Measured(detail=path.name)


@check("nothing-else")
def nothing_else(view: StudyView) -> None:
    """Nothing outside of the folder is written, and no file that is in it already is touched."""
    with place() as made:
        before = made.files()
        view.write(full(), made.folder)
        after = made.files()
        new = [path for path in after if path not in before and not path.startswith("run/")]
        changed = [path for path, content in before.items() if after.get(path) != content]
    if new or changed:
        raise Violation(f"it was given the folder 'run', and it wrote or removed {listing([*new, *changed])}")


@check("no-temporary")
def no_temporary(view: StudyView) -> None:
    """No temporary file is left, neither the first time nor the second."""
    with place() as made:
        view.write(full(), made.folder)
        first = set(made.files())
        view.write(full(), made.folder)
        second = set(made.files())
    hidden = [path for path in second if Path(path).name.startswith((".", "tmp")) or path.endswith(("~", ".tmp"))]
    if hidden or second != first:
        raise Violation(f"left behind: {listing(hidden or second - first)}")


@check("same-bytes")
def same_bytes(view: StudyView) -> None:
    """The same study gives the same files, byte for byte."""
    first, second = two_states(lambda: written(view, full()))
    differing = [path for path in first.keys() | second.keys() if first.get(path) != second.get(path)]
    if differing:
        raise Violation(f"written twice, and {listing(differing)} differs; no dates, no random numbers, no set order")


@check("global-rng-untouched")
def global_rng_untouched(view: StudyView) -> None:
    """The global random states of torch, numpy and Python are as they were."""
    untouched_by(lambda: written(view, full()))


@check("study-untouched")
def study_untouched(view: StudyView) -> None:
    """The study is not changed: other views read it too."""
    study = full()
    before = content(study)
    written(view, study)
    if content(study) != before:
        raise Violation("changed the study; work on a copy")


@check("escaped")
def escaped(view: StudyView) -> Measured:
    """Names and messages reach a page as text: nobody's name runs in a reader's browser."""
    pages = {path: text for path, text in written(view, hostile()).items() if path.endswith(PAGES)}
    if not pages:
        raise Skip("writes no page that a browser runs")
    for path, text in pages.items():
        raw = [one for one in HOSTILE if one.encode() in text]
        if raw:
            raise Violation(f"{path} holds {raw[0]} as it came; escape what is not yours")
    return Measured(detail=listing(pages))


@check("no-folder")
def no_folder(view: StudyView) -> None:
    """Where a file stands in the folder's place, it is an error of xaiplug's, and the file stays."""
    with place() as made:
        blocked = made.root / "blocked"
        blocked.write_bytes(b"a file")
        before = made.files()
        try:
            view.write(full(), blocked)
        except XaiplugError:
            pass
        except Exception as error:
            raise Violation(f"raised {type(error).__name__}: {error}; expected xaiplug.errors.StoreError") from error
        else:
            raise Violation("said nothing of a folder that is none")
        if made.files() != before:
            raise Violation("could not write, and left something all the same")


CHECKS: tuple[Check, ...] = (
    writes,
    nothing_else,
    no_temporary,
    same_bytes,
    global_rng_untouched,
    study_untouched,
    escaped,
    no_folder,
    *COMMON,
)
