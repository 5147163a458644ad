"""The site: `make docs` builds it, and a warning is an error. Nothing is downloaded, and no page is executed here:
`tests/docs` follows every page to the letter.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from made import write  # noqa: E402 - beside this file
from made.docstrings import as_rst  # noqa: E402

project = "xaiplug"
author = "the xaiplug authors"
copyright = author
release = version = version_of("xaiplug")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_site"]
default_role = "literal"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "xaiplug"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["llms.txt"]
html_show_sphinx = False
html_copy_source = True


def setup(app):
    """Write what is read off the code, then read its docstrings as the Markdown that they are."""
    app.connect("builder-inited", lambda app: write(HERE / "lookup"))
    app.connect("autodoc-process-docstring", lambda app, what, name, obj, options, lines: as_rst(lines), priority=1)
