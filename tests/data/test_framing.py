"""Pictures beside their annotated sizes: what is told by them, and by whom it is explained."""

import pytest

from hrbench.data.framing import Rule, compared
from hrbench.data.headers import Header

STORED, TURNED, SQUARE = Header((40, 30), 6), (30, 40), Header((40, 40), 6)


def kinds(header: Header, size: tuple[int, int] | None, rule: Rule | None) -> list[str]:
    found = compared(["a.jpg"], [header], None if size is None else [size])
    return [fault.kind[:28] for fault in (*found.sizes(), *found.turns(rule))]


@pytest.mark.parametrize("rule", ["ignored", "followed", None])
def test_a_picture_without_a_tag_is_of_its_size_or_not(rule: Rule | None) -> None:
    plain = Header((40, 30))
    assert kinds(plain, (40, 30), rule) == []
    assert kinds(plain, (30, 40), rule) == ["images whose annotated width"]
    assert kinds(plain, (41, 30), rule) == ["images of another size than "]
    assert kinds(plain, None, rule) == []


@pytest.mark.parametrize(
    ("header", "size", "refused"),
    [
        (STORED, STORED.size, ["followed"]),
        (STORED, TURNED, ["ignored", None]),
        (SQUARE, SQUARE.size, [None]),
        (Header((40, 30), 3), (40, 30), [None]),  # upside down is of the same size
        (STORED, None, [None]),  # a format without sizes
    ],
)
def test_a_tag_has_to_fit_the_rule(
    header: Header, size: tuple[int, int] | None, refused: list[Rule | None]
) -> None:
    rules: list[Rule | None] = ["ignored", "followed", None]
    assert [rule for rule in rules if kinds(header, size, rule)] == refused


def test_without_a_header_nothing_is_said() -> None:
    assert compared(["a.jpg"], [None], [(1, 1)]).sizes() == []


def test_names_and_numbers_are_in_the_words() -> None:
    found = compared(["a.jpg", "b.jpg"], [Header((40, 30)), STORED], [(41, 30), TURNED])
    assert str(found.sizes()[0]).endswith(": 1 (a.jpg is 40 x 30, not 41 x 30)")
    assert str(found.turns("ignored")[0]).endswith('"followed" reads: 1 (b.jpg, tag 6)')
