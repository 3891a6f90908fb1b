"""The site of the documents: it builds without a warning, and every link inside has an end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
TREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)


def build(folder: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    return subprocess.run(
        [*command, "-c", str(DOCS), str(folder), str(out)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_page_stands_in_the_index() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    lines = [line for tree in TREE.findall(index) for line in tree.splitlines()]
    listed = [line for line in lines if line and not line.startswith(":")]
    assert sorted(listed) == sorted({path.stem for path in DOCS.glob("*.md")} - {"index"})


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = build(DOCS, tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    page = (tmp_path / "own-keypoints.html").read_text("utf-8")
    assert 'href="faces.html"' in page
    assert "hrbench.load" in (tmp_path / "api.html").read_text("utf-8")


@pytest.mark.slow
def test_a_link_without_an_end_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# Site\n\n[gone](gone.md) [here](#nowhere)\n", "utf-8")
    built = build(tmp_path, tmp_path / "site")
    assert built.returncode != 0
    assert "gone" in built.stderr
    assert "nowhere" in built.stderr
