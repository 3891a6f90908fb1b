"""No mistake of the table is stale: its text stands once in its file, its tests exist."""

import ast
from pathlib import Path

import pytest
from mutants.mistakes import MISTAKES, Mistake

ROOT = Path(__file__).parents[2]


def test_every_mistake_is_another() -> None:
    assert len({mistake.what for mistake in MISTAKES}) == len(MISTAKES) >= 40


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_can_be_planted_and_its_tests_asked(mistake: Mistake) -> None:
    text = (ROOT / "hrbench" / mistake.file).read_text("utf-8")
    planted = ast.parse(mistake.planted(text))
    assert ast.dump(planted) != ast.dump(ast.parse(text))
    assert mistake.tests
    for file in mistake.tests:
        assert (ROOT / "tests" / file).is_file(), file
