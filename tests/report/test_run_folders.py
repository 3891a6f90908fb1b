import json
import os
from pathlib import Path
from typing import Any

import pytest

from hrbench.errors import RunError
from hrbench.report.run_folders import every, find, named

EARLY, LATE = "20260101T000000Z-aaaa1111", "20260102T000000Z-aabb2222"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An early run of faces, a late one of poses, each with the id that its name ends with."""
    for task, name in (("wflw", EARLY), ("coco-pose", LATE)):
        folder = tmp_path / "runs" / task / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({"id": name[-8:] + 56 * "0"}))
    return tmp_path / "runs"


@pytest.mark.parametrize(
    "name",
    [LATE, "latest", "aab", "AABB", "aabb2222", "aabb22220000", "20260102", f"coco-pose/{LATE}"],
)
def test_every_name_of_a_run(name: str, runs: Path) -> None:
    assert find(name, runs) == runs / "coco-pose" / LATE


def test_a_folder_that_is_there_goes_before_an_id(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = runs.parent / "aaaa"
    here.mkdir()
    monkeypatch.chdir(runs.parent)
    with pytest.raises(RunError, match="aaaa: is not the folder of a run"):
        find("aaaa", runs)
    (here / "spec.toml").touch()
    assert find("aaaa", runs) == Path("aaaa")


def test_the_beginning_of_several_ids_lists_them_latest_first(runs: Path) -> None:
    with pytest.raises(RunError, match=rf"2 runs begin with 'aa':\n  .*{LATE}\n  .*{EARLY}$"):
        find("aa", runs)


def test_what_is_no_name_of_a_run(runs: Path) -> None:
    for name in ("coco-pose", "aabc", "2027", ""):
        assert named(name, runs) is None
        assert named(name, runs, least=1) is None
    with pytest.raises(RunError, match=rf"aac: no such run folder.*The latest:\n  .*{LATE}\n"):
        find("aac", runs)
    with pytest.raises(RunError, match="none has no run yet; name the folder"):
        find("latest", runs / "none")


def test_a_few_letters_stand_for_a_run_only_where_nothing_else_could_stand(runs: Path) -> None:
    assert find("aab", runs) == runs / "coco-pose" / LATE
    for name in ("a", "aab", "202"):
        assert named(name, runs) is None
    for name in ("aabb", "AABB", "latest", LATE):
        assert named(name, runs) == runs / "coco-pose" / LATE
    (runs / "coco-pose" / LATE).rename(runs / "ab")
    assert named("ab", runs) == runs / "ab"  # all of its name


def test_runs_are_looked_for_where_they_lie_and_nowhere_else(tmp_path: Path) -> None:
    places = (
        *("results/runs/task/run", "mine", "mine/checkpoints/copy", ".cache/task/run"),
        *("a/b/c/d/e", "data/coco/images/train2017/run"),
    )
    for place in places:
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "record.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    assert [str(run.relative_to(tmp_path)) for run in every(tmp_path)] == [
        *("mine", "results/runs/task/run"),
    ]
    assert every(tmp_path / "mine") == [tmp_path / "mine"]
    assert every(tmp_path / ".cache") == [tmp_path / ".cache/task/run"]
    assert every(tmp_path / "none") == []


def test_a_folder_of_runs_says_which_it_has(runs: Path) -> None:
    words = rf"runs: is a folder of 2 runs; name one:\n  .*{LATE}\n  .*{EARLY}$"
    with pytest.raises(RunError, match=words):
        find(str(runs), runs)
    with pytest.raises(RunError, match=rf"wflw: is a folder of 1 run; name one:\n  .*{EARLY}$"):
        find("wflw", runs)


@pytest.mark.parametrize("name", ["results.zip", "results.zip/aabb"])
def test_what_takes_no_archive_says_what_does(name: str, runs: Path) -> None:
    archive = runs.parent / "results.zip"
    archive.touch()
    words = (
        r"results\.zip is an archive, for `hrbench report`, `compare` and `verify`; .* unpack it"
    )
    for look in (find, named):
        with pytest.raises(RunError, match=words):
            look(str(runs.parent / name), runs)


def test_pictures_beside_runs_are_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data/coco/images/train2017").mkdir(parents=True)
    listed: list[Path] = []
    scandir = os.scandir

    def noted(place: str) -> Any:
        listed.append(Path(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", noted)
    assert every(tmp_path) == []
    assert sorted(len(place.relative_to(tmp_path).parts) for place in listed) == [0, 1, 2, 3]


def test_a_run_under_another_name_is_placed_by_its_files(runs: Path) -> None:
    mine = runs / "mine"
    mine.mkdir()
    (mine / "record.json").write_text('{"id": "cccc", "started": "2026-01-01T12:00:00Z"}')
    assert [run.name for run in every(runs)] == [EARLY, "mine", LATE]
    assert find("cc", runs) == mine
    (mine / "record.json").write_text("damaged")
    assert [run.name for run in every(runs)] == ["mine", EARLY, LATE]


def test_runs_of_one_second_are_in_the_order_in_which_they_were_started(tmp_path: Path) -> None:
    said = {
        "ffffffff": "00.1+00:00",
        "eeeeeeee": "00.25+00:00",
        "aaaaaaaa": "00.9Z",
        "00000000": "",
    }
    for name, second in said.items():
        run = tmp_path / f"20260101T120000Z-{name}"
        run.mkdir()
        (run / "run.json").write_text(json.dumps({"started": f"2026-01-01T12:00:{second}"}))
    assert [run.name[-8:] for run in every(tmp_path)] == [
        "00000000",
        "ffffffff",
        "eeeeeeee",
        "aaaaaaaa",
    ]
