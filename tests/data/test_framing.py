"""Pictures beside their annotated sizes: what is told by them, and by whom it is explained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hrbench.data.framing import Rule, compared, picture
from hrbench.data.headers import TAG, Header
from hrbench.data.images import read_image
from hrbench.data.sample import People, unlabelled
from hrbench.errors import DataError

STORED, TURNED, SQUARE = Header((40, 30), 6), (30, 40), Header((40, 40), 6)


def kinds(header: Header, size: tuple[int, int] | None, rule: Rule | None) -> list[str]:
    differences = compared(["a.jpg"], [header], None if size is None else [size])
    return [fault.kind[:28] for fault in (*differences.sizes(), *differences.turns(rule))]


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
    differences = compared(["a.jpg", "b.jpg"], [Header((40, 30)), STORED], [(41, 30), TURNED])
    assert str(differences.sizes()[0]).endswith(": 1 (a.jpg is 40 x 30, not 41 x 30)")
    assert str(differences.turns("ignored")[0]).endswith("reads them so): 1 (b.jpg: tag 6)")


def opened(path: Path, size: tuple[int, int]) -> People:
    """Somebody in a picture of an annotated size."""
    crops = (np.zeros((1, 2)), np.ones((1, 2)))
    people = unlabelled([path], np.array([0]), np.array([[0.0, 0, 1, 1]]), crops, 3)
    return replace(people, sizes=np.array([size]))


def test_an_opened_picture_is_as_annotated_or_published_with_swapped_sizes(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    for size in ((40, 30), (30, 40), (0, 0)):  # the last is unknown
        assert picture(opened(tmp_path / "a.png", size), 0, read_image).shape == (30, 40, 3)
    with pytest.raises(DataError, match=r"has 40 x 30 pixels and is annotated as 41 x 30; is it"):
        picture(opened(tmp_path / "a.png", (41, 30)), 0, read_image)


def test_an_opened_picture_that_its_tag_explains_says_so(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[TAG] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png", exif=exif)
    upright = replace(opened(tmp_path / "a.png", (30, 40)), upright=True)
    assert picture(upright, 0, read_image).shape == (40, 30, 3)
    for way, size in (("followed", (30, 40)), ("ignored", (40, 30))):
        people = replace(upright, upright=way == "ignored", sizes=np.array([size]))
        with pytest.raises(DataError, match=rf'tag is 6, and protocol.orientation = "{way}"'):
            picture(people, 0, read_image)
