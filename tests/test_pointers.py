"""Files that docs, datasets, tasks and code name are there: one that moves takes its name along."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = "hrbench|tests|docs|benchmarks|datasets|tasks|suites|results"
NAME = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w/.-]*\w\.(?:py|toml|md|csv)\b")
ANY = re.compile(r"/x\.\w+$")  # whatever is added
CODE = "hrbench/**/*.py"


@pytest.mark.parametrize(
    "pattern", ["*.md", ".github/**/*.md", "docs/*.md", "datasets/*.toml", "tasks/*.toml", CODE]
)
def test_every_file_that_a_text_names_is_there(pattern: str) -> None:
    texts = sorted(ROOT.glob(pattern))
    assert texts
    for text in texts:
        for name in NAME.findall(text.read_text("utf-8")):
            there = (ROOT / name).is_file() or ANY.search(name)
            assert there, f"{text.relative_to(ROOT)} names {name}"
