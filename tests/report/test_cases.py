import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hrbench.errors import RunError
from hrbench.report.cases import Case, read, write

WORST = Case("worst", "7", "1", "a.jpg", 0.5, "OKS 0.50", "worst-1.jpg")
MISSED = Case("missed", "8", "2", "b.jpg", None, "not found", "missed-2.jpg")


def left(folder: Path) -> None:
    (folder / "cases").mkdir()
    for case in (WORST, MISSED):
        (folder / "cases" / case.picture).touch()


def test_cases_read_back_as_they_were_written(tmp_path: Path) -> None:
    left(tmp_path)
    write(tmp_path, [WORST, MISSED])
    assert read(tmp_path) == (WORST, MISSED)


def test_a_run_without_pictures_has_no_cases(tmp_path: Path) -> None:
    assert read(tmp_path) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("picture", "../../../etc/passwd"),
        ("picture", "https://example.org/a.jpg"),
        ("sort", "best"),
        ("error", "large"),
    ],
)
def test_an_index_that_was_changed_is_refused(key: str, value: Any, tmp_path: Path) -> None:
    left(tmp_path)
    content = [{**asdict(WORST), key: value}]
    (tmp_path / "cases" / "index.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(RunError, match=rf"index.json: is not a list of cases \(0.{key}: .+Delete"):
        read(tmp_path)


def test_a_picture_that_is_gone_is_named(tmp_path: Path) -> None:
    left(tmp_path)
    write(tmp_path, [WORST, MISSED])
    (tmp_path / "cases" / "missed-2.jpg").unlink()
    with pytest.raises(RunError, match=r"index.json: names missed-2.jpg, which is not there"):
        read(tmp_path)
