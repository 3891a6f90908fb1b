"""Files of a run's folder are written whole, or a sentence says why not."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from report.records import record

from hrbench.errors import RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.topk import class_outcomes
from hrbench.report import archive, draws, outcomes, samples
from hrbench.report.predictions import ClassPredictions
from hrbench.report.whole import whole

KEPT = class_outcomes(np.zeros(4, np.int64), np.eye(4, 1, dtype=np.int64), ["cat", "dog"])
DRAWN = bootstrap.replicated(KEPT)
FOUND = ClassPredictions(np.arange(4), np.zeros((4, 5), int), np.zeros((4, 5), np.float32))
WRITERS: dict[str, Callable[[Path], object]] = {
    "record.json": lambda folder: record().write(folder),
    "predictions.npz": FOUND.write,
    "outcomes.npz": lambda folder: outcomes.write(folder, KEPT),
    "draws.npz": lambda folder: draws.write(folder, KEPT, DRAWN),
    "samples.csv": lambda folder: samples.write(folder / "samples.csv", {"error": [1.0]}),
}


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_folder_that_cannot_be_written_to_is_one_sentence(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    blocked = tmp_path / name  # no folder
    with pytest.raises(RunError, match=rf"{name}: cannot be written \(Not a directory\)\. .* -"):
        WRITERS[name](blocked)


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")

    def write() -> None:
        with whole(tmp_path / "a.csv") as draft:
            draft.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(RunError, match=r"a\.csv: cannot be written \(No space left"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "before"


def test_an_archive_that_is_interrupted_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    path.write_text("before")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        archive.write(path, {"run/a.zip": path})
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]
    assert path.read_text() == "before"


def test_a_folder_that_no_archive_can_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"gone/a\.zip: cannot be written \(No such file or directory\)$"
    ):
        archive.write(tmp_path / "gone" / "a.zip", {})
