"""One's own keypoints on the whole road: two TOML files, wherever they lie."""

import json
from pathlib import Path
from typing import Any

import pytest
from dots import (
    ANNOTATIONS,
    BRIEF,
    DATASET,
    SIGMAS,
    TASK,
    edit_json,
    edit_toml,
    write_dots,
)

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.commands.check.check import check
from hrbench.commands.check.names import faults_of_file
from hrbench.errors import RunError
from hrbench.formats.division import in_validation
from hrbench.report import runs
from hrbench.report.record import RunRecord


@pytest.fixture
def dots(tmp_path: Path) -> Path:
    return write_dots(tmp_path / "dots")


def ran(folder: Path, out: Path, task: str = TASK, **options: Any) -> tuple[RunRecord, Path]:
    given = {"data": str(folder), "overrides": BRIEF, "workers": 0, "device": "cpu", **options}
    done = running.run(f"{folder / task}@tiny", Options(out=str(out), **given))
    assert done is not None
    return done


def lines(notes: tuple[Any, ...]) -> list[str]:
    return [str(note) for note in notes]


def test_a_task_and_a_dataset_of_ones_own_lie_anywhere(
    dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    (dots / DATASET).rename(specs / "my-dataset.toml")
    (dots / TASK).rename(specs / "my-task.toml")
    edit_toml(specs / "my-task.toml", lambda said: said.update(dataset="my-dataset.toml"))
    monkeypatch.chdir(tmp_path)
    record, folder = ran(dots, tmp_path / "out", task="../specs/my-task.toml")
    assert (record.task, record.variant, record.dataset.name) == ("dots", "tiny", "dots")
    assert record.weights.seen_datasets == ("dots/train",)
    assert not record.synthetic
    assert catalog.load_dataset(DATASET, beside=folder).keypoints[0] == "nose"


def test_without_sigmas_errors_in_pixels_are_scored(dots: Path, tmp_path: Path) -> None:
    record, _ = ran(dots, tmp_path / "out")
    assert record.protocol["metric"] == "pixels"
    assert list(record.metrics) == [
        *("PCK@0.1", "PCK@0.05", "PCK@0.2", "NME", "median_error_px", "median_error_share"),
    ]
    by_keypoint = record.groups["keypoint"]
    assert isinstance(by_keypoint, dict)
    assert set(by_keypoint) == {"nose", "left_ear", "right_ear"}
    assert record.n.evaluated == record.n.expected == 2  # a fifth of ten images


def test_with_sigmas_there_is_ap_and_beside_it_the_median_error(dots: Path, tmp_path: Path) -> None:
    edit_toml(dots / DATASET, lambda said: said.update(sigmas=SIGMAS))
    record, folder = ran(dots, tmp_path / "out")
    assert record.protocol["metric"] == "oks"
    assert record.headline == "AP"
    assert {"median_error_px", "median_error_share"} <= set(record.metrics)
    assert scoring.score(folder, official=True).seal == record.seal
    pixels, _ = ran(dots, tmp_path / "out", overrides=(*BRIEF, "protocol.metric=pixels"))
    assert pixels.headline == "PCK@0.1"


def test_ap_without_sigmas_is_refused(dots: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="dots has no sigmas, without which there is no OKS"):
        ran(dots, tmp_path / "out", overrides=(*BRIEF, "protocol.metric=oks"))
    assert not (tmp_path / "out").exists()


def test_the_split_by_image_is_made_once_and_listed(dots: Path, tmp_path: Path) -> None:
    _, folder = ran(dots, tmp_path / "out")
    division = json.loads((folder / "split.json").read_text())
    assert [len(division[part]) for part in ("training", "validation")] == [8, 2]
    assert set(division["training"]) | set(division["validation"]) == {
        f"images/{number}.png" for number in range(10)
    }
    edit_json(dots / ANNOTATIONS, lambda content: content["images"].reverse())
    _, again = ran(dots, tmp_path / "out")
    other = json.loads((again / "split.json").read_text())
    assert set(other["validation"]) == set(division["validation"])


def test_files_of_ones_own_make_the_parts_where_they_are_named(dots: Path, tmp_path: Path) -> None:
    edit_toml(dots / DATASET, lambda said: [s.pop("part") for s in said["splits"].values()])
    record, folder = ran(dots, tmp_path / "out")
    assert record.n.evaluated == 10
    assert not (folder / "split.json").exists()


@pytest.mark.parametrize(
    ("images", "share", "held_out"), [(10, 0.2, 2), (2, 0.9, 1), (3, 0.01, 1), (1, 0.5, 0)]
)
def test_neither_part_is_empty_where_there_are_two_images(
    images: int, share: float, held_out: int
) -> None:
    names = [f"{number}.png" for number in range(images)]
    assert in_validation(names, share, 0).sum() == held_out


def test_a_run_is_scored_repeated_and_resumed_from_its_own_folder(
    dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, folder = ran(dots, tmp_path / "out")
    (dots / DATASET).unlink()  # the run keeps its own
    (dots / TASK).unlink()
    monkeypatch.chdir(tmp_path)
    assert scoring.score(folder).seal == record.seal
    (folder / "record.json").unlink()
    resumed = running.resume(folder)
    assert resumed is not None
    assert resumed[0].id == record.id
    assert runs.read(folder).seal == record.seal
    again, _ = ran(folder, tmp_path / "again", task="spec.toml", data=str(dots), overrides=())
    assert (again.seal, again.id == record.id) == (record.seal, False)


def test_data_names_the_folder_that_the_dataset_says(dots: Path, tmp_path: Path) -> None:
    edit_toml(dots / DATASET, lambda said: said.update(folder="dots"))
    assert ran(dots, tmp_path / "out", data=str(tmp_path))[0].dataset.name == "dots"
    with pytest.raises(RunError, match=f"but in {dots}: use --data {tmp_path}"):
        ran(dots, tmp_path / "out", data=str(dots))


def test_check_says_what_is_odd_once_and_of_each_part(dots: Path) -> None:
    report = check(str(dots / DATASET), str(dots), images=True)
    assert report.ok
    assert report.usable == ("train", "val")
    (no_sigmas,) = lines(report.notes)
    assert no_sigmas.startswith("no sigmas, so no AP, and PCK, NME and errors in pixels")
    train, val = report.splits
    assert train.faults == val.faults == ()
    facts = [split.content()["annotations"] for split in (train, val)]
    assert [(said["images"], said["persons"], said["labelled"]) for said in facts] == [
        *((8, 8, 8), (2, 2, 2)),
    ]
    boxless = [
        next(line for line in lines(s.notes) if "without a box" in line) for s in report.splits
    ]
    assert "derived from their keypoints: 8 (id" in boxless[0]
    assert "derived from their keypoints: 2 (id" in boxless[1]
    assert "  look at      no sigmas" in report.text()
    assert report.content()["notes"][0]["fatal"] is False


def test_check_names_keypoints_that_never_occur_and_is_content(dots: Path) -> None:
    def unlabel(content: Any) -> None:
        for row in content["annotations"]:
            row["keypoints"][3:6], row["num_keypoints"] = [0, 0, 0], 2

    edit_json(dots / ANNOTATIONS, unlabel)
    edit_toml(dots / DATASET, lambda said: said.update(sigmas=SIGMAS))
    report = check(str(dots / DATASET), str(dots), images=False)
    assert report.ok
    assert report.notes == ()
    assert "keypoints that never occur, and cannot be learned: 1 (left_ear)" in lines(
        report.splits[0].notes
    )


def test_check_lists_every_fault_of_the_file_that_names_the_keypoints(dots: Path) -> None:
    edit_toml(
        dots / DATASET,
        lambda said: said.update(keypoints=["nose", "nose", "left_ear", "right_ear"]),
    )
    edit_toml(
        dots / DATASET,
        lambda said: said.update(flip_pairs=[["left_ear", "right_ear"], ["right_ear", "tail"]]),
    )
    report = check(str(dots / DATASET), str(dots), images=False)
    assert not report.ok
    assert lines(report.faults) == [
        "keypoints that stand twice: 1 (nose)",
        "flip_pairs of keypoints that are not listed: 1 (tail)",
        "flip_pairs that are not mutual: 1 (right_ear with left_ear and tail)",
    ]
    assert report.splits == ()
    last = " ".join(report.text().split()[-6:])
    assert last == f"not usable as it is: {dots / DATASET}"


def test_check_names_both_counts_of_keypoints(dots: Path) -> None:
    edit_toml(
        dots / DATASET,
        lambda said: said.update(keypoints=["nose", "left_ear", "right_ear", "tail"]),
    )
    report = check(str(dots / DATASET), str(dots), images=False)
    assert not report.ok
    for split in report.splits:
        assert (
            "its objects have 3 keypoints and the dataset's TOML names 4" in lines(split.faults)[0]
        )


@pytest.mark.parametrize("name", catalog.names("datasets"))
def test_datasets_that_come_with_hrbench_have_no_fault_and_no_note(
    name: str, tmp_path: Path
) -> None:
    _, raw = catalog.dataset_file(name)
    assert not any(fault.fatal for fault in faults_of_file(raw))
    assert check(name, str(tmp_path), images=False).notes == ()


def test_what_is_no_list_of_names_is_left_to_the_reader_of_the_file() -> None:
    assert faults_of_file({"keypoints": 3}) == []
    assert faults_of_file({}) == []
