"""The site of the documents, by Sphinx: `nox -s docs` builds it."""

import re
from pathlib import Path

from sphinx.application import Sphinx

import hrbench

project = "hrbench"
author = "the hrbench developers"
release = hrbench.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinxcontrib.mermaid",
]
html_theme = "furo"
html_title = f"hrbench {release}"
templates_path: list[str] = []
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
suppress_warnings = ["myst.header"]  # the README is a page, and begins where it likes
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"

# Pages that are files of the repository's other folders: a link to one is a link to its page.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "results/README.md": "results.md",
}
LINK = re.compile(r"\]\((?:\.\./|docs/|\.github/)*((?:results/)?[\w.-]+\.\w+)(#[\w-]+)?\)")


def as_pages(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Turn a page's links between files of the repository into links between pages."""
    source[0] = LINK.sub(_as_page, source[0])


def included(_app: Sphinx, _file: Path, _page: str, source: list[str]) -> None:
    """Do so with what a page includes."""
    source[0] = LINK.sub(_as_page, source[0])


def _as_page(link: re.Match[str]) -> str:
    name, place = link[1], link[2] or ""
    return f"]({PAGES.get(name, name)}{place})"


def setup(app: Sphinx) -> None:
    """Have links turned."""
    app.connect("source-read", as_pages)
    app.connect("include-read", included)
