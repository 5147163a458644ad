"""The page of an audit, written into its run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaiplug.audit.audit import Audit
from xaiplug.audit.disagreement import disagreement, pictured
from xaiplug.audit.tables import Table
from xaiplug.data.storage import write_atomically
from xaiplug.run.planfile import open_workspace
from xaiplug.run.store import Store

PAGE = "audit.html"


def write_page(store: Store, tables: Sequence[Table], found: Audit) -> Path:
    """Write `audit.html`, whole or not at all; its path.

    Raises:
        StoreError: the folder cannot be written.
    """
    from xaiplug.view.audit_page import render_audit, shown_of

    one, shown = disagreement(tables), None
    if one is not None:
        shown = shown_of(one.metric, f"{one.model} on {one.data}", one.methods, one.values, pictured(store, one))
    page = render_audit(open_workspace(store.folder).config.file.name, found.plain(), shown)
    return write_atomically(store.folder / PAGE, lambda temporary: temporary.write_text(page, encoding="utf-8"))
