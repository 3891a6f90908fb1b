"""Files and folders are written whole, or a sentence says why not."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from report.records import record

from hrbench.errors import DataError, HrbenchError, RunError
from hrbench.metrics import bootstrap
from hrbench.metrics.topk import class_outcomes
from hrbench.report import archive, draws, outcomes, samples
from hrbench.report.predictions import ClassPredictions
from hrbench.whole import whole, whole_folder

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


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_is_there_when_all_of_it_is(there: bool, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder"
    if there:
        target.mkdir(parents=True)  # and empty
    with whole_folder(target) as draft:
        (draft / "a.txt").write_text("all")
        assert there or not target.exists()
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {
        "new",
        "new/folder",
        "new/folder/a.txt",
    }
    assert target.stat().st_mode & 0o777 == target.parent.stat().st_mode & 0o777


@pytest.mark.parametrize("what", ["a folder with files", "a file"])
def test_what_is_there_is_left_alone(what: str, tmp_path: Path) -> None:
    target = tmp_path / "there"
    if what == "a file":
        target.write_text("precious")
    else:
        target.mkdir()
        (target / "mine.txt").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    with (
        pytest.raises(RunError, match="there is there already and is not empty; name another"),
        whole_folder(target),
    ):
        pytest.fail("begun")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left"), "folder cannot be written: No space left; name"),
        (
            PermissionError(errno.EACCES, "Denied", "far/a.png"),
            r"^far/a\.png cannot be read or wri",
        ),
        (DataError("a.png is not whole"), r"^a\.png is not whole$"),
        (KeyboardInterrupt(), "^$"),
    ],
    ids=["disk", "elsewhere", "data", "Ctrl-C"],
)
def test_of_a_folder_that_fails_half_way_nothing_is_left(
    error: BaseException, words: str, tmp_path: Path
) -> None:
    def write() -> None:
        with whole_folder(tmp_path / "folder") as draft:
            (draft / "inner").mkdir()
            (draft / "inner" / "a.txt").write_text("half")
            raise error

    with pytest.raises((HrbenchError, KeyboardInterrupt), match=words):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_finds_no_room_is_said_of_the_folder_and_not_of_the_source(
    tmp_path: Path,
) -> None:
    def copy(source: str, place: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left", source, None, str(place))  # as shutil does

    words = "folder cannot be written: No space left; name another folder$"
    with pytest.raises(RunError, match=words), whole_folder(tmp_path / "folder") as draft:
        copy("far/a.png", draft / "a.png")


@pytest.mark.parametrize("what", ["where a user is", "a volume"])
def test_a_folder_that_has_to_stay_is_not_replaced(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = Path() if what == "where a user is" else tmp_path
    if what == "a volume":
        monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path)
    with (
        pytest.raises(RunError, match=r"cannot be replaced by a new folder; name one in it$"),
        whole_folder(target),
    ):
        pytest.fail("begun")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = r"file/deep/folder cannot be written: .*; name another folder$"
    with pytest.raises(RunError, match=words), whole_folder(tmp_path / "file/deep/folder"):
        pytest.fail("begun")
