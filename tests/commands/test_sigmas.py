import math
from pathlib import Path

import pytest
from dots import OFF, two_annotators

from hrbench.commands.sigmas import sigmas
from hrbench.errors import DataError


def test_sigma_is_what_two_annotators_differ_by_over_the_root_of_two_and_of_the_area(
    tmp_path: Path,
) -> None:
    found = sigmas(two_annotators(tmp_path, 10))
    expected = OFF / math.sqrt(2) / 100  # two annotations, 3 pixels from their mean each
    assert found.sigmas.values == pytest.approx([expected] * 3)
    assert found.line == "sigmas = [0.0424, 0.0424, 0.0424]"
    assert found.content()["keypoints"][0] == {
        "name": "nose",
        "sigma": pytest.approx(expected),
        "reason": "",
        "objects": 10,
        "repeats": 10,
    }
    lines = found.text(100, colour=False).splitlines()
    assert lines[2].split() == ["nose", "0.0424", "10", "10"]
    assert lines[-1] == found.line


def test_while_one_sigma_is_not_known_there_is_no_line_to_paste(tmp_path: Path) -> None:
    found = sigmas(two_annotators(tmp_path, 12, ears=4))
    assert found.line == ""
    assert found.content()["keypoints"][1]["sigma"] is None
    text = " ".join(found.text(100, colour=False).split())
    assert "left_ear none 4 4 4 repeats, and 10 are needed" in text
    assert "There is no AP before all of them are known: annotate more objects again" in text


def test_without_repeats_there_is_nothing_to_estimate(tmp_path: Path) -> None:
    path = two_annotators(tmp_path, 0)
    with pytest.raises(DataError, match=r"twice\.json: no object is annotated twice"):
        sigmas(path)
