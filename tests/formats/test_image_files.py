"""How far a look at many image files has come."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hrbench.data.headers import Header
from hrbench.data.image_checks import BROKEN
from hrbench.data.sample import unlabelled
from hrbench.formats import image_files
from hrbench.kinds.landmarks.framing import looked


def pictures(folder: Path) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(3)]
    for path in paths[:2]:
        Image.new("RGB", (64, 48)).save(path)
    return paths


def test_headers_are_read_with_a_word_on_how_far_where_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = pictures(tmp_path)
    few = image_files.headed(paths)
    assert few == [Header((64, 48)), Header((64, 48)), BROKEN]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(image_files, "MANY", 3)
    assert image_files.headed(paths) == few
    assert capsys.readouterr().err.startswith("reading headers 3/3  took ")


def test_before_a_run_the_same_word_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(image_files, "MANY", 3)
    crops = np.ones((3, 2), np.float32), np.ones((3, 2), np.float32)
    people = unlabelled(pictures(tmp_path), np.arange(3), np.ones((3, 4)), crops, 17)
    faults, _ = looked(people)
    assert ["2.png" in str(fault) for fault in faults] == [True]
    assert "reading headers 3/3" in capsys.readouterr().err
