"""Every check of the conformance kit, and how many broken components prove that it can fail."""

from __future__ import annotations

from collections import Counter

from made.markdown import code, table
from xaiplug.hookspecs import KINDS
from xaiplug.testing.kinds import CHECKS, VIOLATORS
from xaiplug.testing.plugin.checks import CHECKS as OF_A_PLUGIN

HEAD = """# Checks of the kit

`xaiplug check NAME` holds a component to these, `xaiplug.testing` does so in your tests. A check that does not apply is
skipped, and says why. Each comes with broken components that it must catch (*violators*): a check that nothing can fail
proves nothing. A component that cannot pass one says so with a reason (`expected_failures`); if it then passes, that is
a failure too."""


def page() -> str:
    """A table a kind."""
    parts = [HEAD]
    for kind, checks in CHECKS.items():
        caught = Counter(one.check for one in VIOLATORS[kind])
        rows = [[code(one.name), one.what, caught.get(one.name, 0)] for one in checks]
        parts += [
            f"## {KINDS[kind].plural.replace('-', ' ').capitalize()}",
            table(["check", "what", "violators"], rows),
        ]
    rows = [[code(one.name), one.what] for one in OF_A_PLUGIN]
    parts += ["## Whole plug-ins", table(["check", "what"], rows)]
    return "\n\n".join(parts) + "\n"
