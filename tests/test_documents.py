"""What documents have from the code is what the code says now."""

import ast
import re
from pathlib import Path

import drawn
import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("document", drawn.MADE)
def test_what_is_made_from_the_code_is_not_old(document: str) -> None:
    written = (ROOT / document).read_text("utf-8")
    assert written == drawn.with_parts(document), "run `python docs/drawn.py`"


@pytest.mark.parametrize("document", drawn.MADE)
def test_every_mark_of_a_document_has_something_made(document: str) -> None:
    marks = re.findall(r"<!-- made: (\w+) -->", (ROOT / document).read_text("utf-8"))
    assert marks == list(drawn.MADE[document])


@pytest.mark.parametrize("row", drawn.ADDITIONS, ids=lambda row: row.what)
def test_what_contributors_are_told_is_proven_and_is_there(row: drawn.Addition) -> None:
    file, _, name = row.proof.partition("::")
    text = (ROOT / file).read_text("utf-8")
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert name in names
    assert row.registry.partition(":")[2] in text, "the proof does not use the registry"
    for path in re.findall(r"`((?:hrbench|tests|tasks|datasets|results|docs)/[\w/.]*)`", row.files):
        assert (ROOT / path).parent.is_dir() or (ROOT / path).parents[1].is_dir()


def test_a_longer_way_replaces_an_import() -> None:
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}
    assert drawn.reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}
