"""`hrbench score RUN --samples` and `--coco-results`: a run's samples for other programs."""

import io
import json
import shutil
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli.command import called, refused, scratch
from dots import BRIEF, edit_json, write_dots
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from worlds import (
    near_truth,
    ran,
    small_classifier,
    small_lifter,
    small_weights,
    small_world,
)

from hrbench.commands import score as scoring
from hrbench.report import runs

FACES, PEOPLE, LIFTED, PICTURES = "300w@tiny", "coco-pose@tiny", "h36m-lift@tiny", "imagenet@tiny"
WEIGHTS = {
    PEOPLE: small_weights,
    FACES: small_weights,
    "mpii-pose@tiny": small_weights,
    LIFTED: small_lifter,
    PICTURES: small_classifier,
}
DATASETS = {PEOPLE: "coco", FACES: "300w", LIFTED: "h36m", PICTURES: "imagenet"}


@cache
def scored(task: str, **options: str) -> Path:
    """The folder of a run with random weights, made once."""
    data = small_world(dataset=DATASETS.get(task, "mpii"))
    return ran(task, scratch(), data=str(data), weights=str(WEIGHTS[task](task)), **options)[1]


def samples(task: str, name: str = "samples.csv") -> pd.DataFrame:
    path = scratch() / name
    scoring.score(scored(task), samples=str(path))
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_json(path, lines=True)


def figure(task: str, name: str) -> float:
    value = runs.read(scored(task)).metrics[name].value
    assert value is not None
    return value


def test_the_mean_over_faces_is_the_nme_of_the_record() -> None:
    table = samples(FACES)
    assert len(table) == runs.read(scored(FACES)).n.evaluated
    assert table["error"].mean() == pytest.approx(figure(FACES, "NME"))
    assert table["words"][0] == f"NME {table['error'][0]:.2f} %"


def test_the_mean_over_actions_of_the_frames_is_the_mpjpe_of_the_record() -> None:
    table = samples(LIFTED)
    assert table.groupby("action")["error"].mean().mean() == pytest.approx(figure(LIFTED, "MPJPE"))
    joints = table.filter(like="_mm")
    assert joints.shape[1] == 17
    np.testing.assert_allclose(joints.mean(axis=1), table["error"], rtol=1e-6)
    assert table.groupby("sequence")["frame"].is_monotonic_increasing.all()


def test_the_shares_of_right_answers_are_top_1_and_top_5() -> None:
    table = samples(PICTURES)
    assert 100 * table["right"].mean() == pytest.approx(figure(PICTURES, "top-1"))
    assert 100 * table["among_five"].mean() == pytest.approx(figure(PICTURES, "top-5"))
    assert (table["right"] == (table["class"] == table["answer"])).all()
    assert all(
        (small_world(dataset="imagenet") / "imagenet" / name).is_file() for name in table["image"]
    )


def test_a_person_has_its_ids_its_file_and_the_distance_of_each_keypoint() -> None:
    table = samples(PEOPLE).set_index("id")
    file = small_world() / "coco" / "annotations" / "person_keypoints_val2017.json"
    content = json.loads(file.read_text("utf-8"))
    names = {image["id"]: image["file_name"] for image in content["images"]}
    counted = {row["id"]: row for row in content["annotations"] if row["num_keypoints"]}
    assert set(table.index) == set(counted)
    with np.load(scored(PEOPLE) / "predictions.npz") as stored:
        image_ids, keypoints = stored["image_ids"], stored["keypoints"].astype(float)
    for person, row in table.iterrows():
        annotation = counted[person]
        points = np.array(annotation["keypoints"], float).reshape(-1, 3)
        assert row["image_id"] == annotation["image_id"]
        assert Path(row["image"]).name == names[annotation["image_id"]]
        known = points[:, 2] > 0
        assert row.filter(like="_px").notna().to_numpy()[~known].sum() == 0
        if row["found"]:
            poses = keypoints[image_ids == row["image_id"]]
            away = np.linalg.norm(poses[:, known] - points[known, :2], axis=2)
            said = row.filter(like="_px").to_numpy(float)[known]
            assert np.isclose(away, said, rtol=1e-9).all(axis=1).any()


def test_lines_of_json_say_the_same_as_csv() -> None:
    lines, table = samples(PEOPLE, "samples.jsonl"), samples(PEOPLE)
    assert list(lines.columns) == list(table.columns)
    pd.testing.assert_frame_equal(lines, table, check_dtype=False)


def test_pycocotools_loads_the_results_and_gives_the_figures_of_the_record(tmp_path: Path) -> None:
    file = small_world() / "coco" / "annotations" / "person_keypoints_val2017.json"
    run = tmp_path / "run"
    shutil.copytree(scored(PEOPLE, boxes="gt"), run)
    near_truth(run, file)
    record = scoring.score(run, coco_results=str(tmp_path / "results.json"))
    with redirect_stdout(io.StringIO()):
        truth = COCO(str(file))
        evaluation = COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "keypoints")
        evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    names = ("AP", "AP50", "AP75", "APM", "APL", "AR")
    values = [record.metrics[name].value for name in names]
    ours = [-1.0 if value is None else value / 100 for value in values]
    assert ours == pytest.approx(evaluation.stats[: len(names)].tolist(), abs=1e-9)
    assert 0.1 < ours[0] < 0.9


def test_results_have_the_category_of_ones_own_annotations(tmp_path: Path) -> None:
    folder = write_dots(tmp_path / "dots")
    file = folder / "annotations.json"

    def other_number(content: dict[str, list[dict[str, int]]]) -> None:
        content["categories"][0]["id"] = 7
        for row in content["annotations"]:
            row["category_id"] = 7

    edit_json(file, other_number)
    _, run = ran(str(folder / "task.toml"), tmp_path / "runs", overrides=BRIEF)
    scoring.score(run, coco_results=str(tmp_path / "results.json"))
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert {row["category_id"] for row in found} == {7}
    with redirect_stdout(io.StringIO()):
        loaded = COCO(str(file)).loadRes(str(tmp_path / "results.json"))
    assert len(loaded.anns) == len(found) == runs.read(run).n.evaluated


@pytest.mark.parametrize("task", [FACES, "mpii-pose@tiny"])
def test_poses_in_annotated_boxes_are_all_there_with_their_files(task: str, tmp_path: Path) -> None:
    scoring.score(scored(task), coco_results=str(tmp_path / "results.json"))
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    with np.load(scored(task) / "predictions.npz") as stored:
        images, keypoints = stored["image_ids"], stored["keypoints"]
    assert [row["image_id"] for row in found] == images.tolist()
    triples = np.array([row["keypoints"] for row in found]).reshape(*keypoints.shape[:2], 3)
    np.testing.assert_allclose(triples[..., :2], keypoints, rtol=1e-6)
    data = small_world(dataset=DATASETS.get(task, "mpii")) / DATASETS.get(task, "mpii")
    assert all((data / row["file_name"]).is_file() for row in found)


def test_files_lie_in_the_runs_folder_where_none_is_named(tmp_path: Path) -> None:
    run = scored(PEOPLE)
    ended = called(tmp_path, "score", str(run), "--samples", "--coco-results")
    assert ended.status == 0, ended.err
    rows = len(pd.read_csv(run / "samples.csv"))
    found = len(json.loads((run / "coco_results.json").read_text("utf-8")))
    assert ended.out.splitlines() == [
        f"errors of {rows:,} samples: {run / 'samples.csv'}",
        f"{found:,} poses in COCO's results format: {run / 'coco_results.json'}",
    ]


def test_another_file_says_what_it_is_and_is_no_other(tmp_path: Path) -> None:
    run = str(scored(PEOPLE))
    (tmp_path / "there.csv").touch()
    words = ["-o there.csv: is there already; --force replaces it"]
    refused(called(tmp_path, "score", run, "--samples", "-o", "there.csv"), words)
    words = ["a.txt: samples are written as .csv or .jsonl"]
    refused(called(tmp_path, "score", run, "--samples", "-o", "a.txt"), words)
    words = ["-o none/a.csv: there is no folder none; make it first"]
    refused(called(tmp_path, "score", run, "--samples", "-o", "none/a.csv"), words)
    words = ["--coco-results has keypoints in images, and imagenet finds none"]
    refused(called(tmp_path, "score", str(scored(PICTURES)), "--coco-results"), words)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--samples", "--coco-results", "-o", "a.csv"], "-o is a file for --samples or for"),
        (["-o", "a.csv"], "-o is a file for --samples or for --coco-results"),
        (["--samples", "--set", "protocol.nms=none"], "goes into a file of yours: -o FILE"),
    ],
)
def test_flags_that_do_not_go_together(flags: list[str], words: str, tmp_path: Path) -> None:
    ended = called(tmp_path, "score", "latest-of-none", *flags)
    assert ended.status in {1, 2}
    ended = called(tmp_path, "score", str(scored(PEOPLE)), *flags)
    assert (ended.status, ended.new) == (2, ())
    assert words in ended.err


def test_hidden_truth_has_no_errors(tmp_path: Path) -> None:
    run = scored("mpii-pose@tiny", split="test")
    words = ["--samples has errors, and there are none: the truth of this split is hidden"]
    refused(called(tmp_path, "score", str(run), "--samples"), words)
