"""Persons of a video: one number each, and keypoints along it with less jitter."""

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from moving import LENGTH, RATE, Crossing, crossing
from numpy.typing import NDArray
from worlds import small_classifier, small_lifter, small_weights, small_world

from hrbench.begun.options import Options
from hrbench.commands.predict.following import Follow
from hrbench.commands.predict.predict import Asked, Done, predict
from hrbench.errors import HrbenchError, RunError
from hrbench.kinds.landmarks.following import Follower

norfair = pytest.importorskip("norfair")  # wants a newer SciPy than the rest
POSE = "coco-pose@tiny"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Crossing:
    return crossing(tmp_path_factory.mktemp("crossing"))


def followed(scene: Crossing, out: Path, **more: Any) -> Done:
    options = Options(weights=str(small_weights(POSE)), device="cpu")
    sources = (str(scene.video), *more.pop("besides", ()))
    more.setdefault("follow", Follow(tracks=True))
    return predict(Asked(POSE, sources, options, str(out), boxes=str(scene.boxes), **more))


@pytest.fixture(scope="module")
def done(scene: Crossing, tmp_path_factory: pytest.TempPathFactory) -> Done:
    return followed(scene, tmp_path_factory.mktemp("out") / "out", marks="boxes,ids,scores")


def rows_of(done: Done) -> Any:
    return json.loads((done.folder / "keypoints.json").read_text("utf-8"))


def test_persons_who_walk_past_each_other_keep_their_numbers(scene: Crossing, done: Done) -> None:
    numbers: dict[int, set[int]] = {}
    for row in rows_of(done):
        person = scene.person_of(row["frame"], np.array(row["bbox"]))
        numbers.setdefault(person, set()).add(row["track_id"])
    assert sorted(numbers) == [0, 1]
    assert {frozenset(of_one) for of_one in numbers.values()} == {frozenset({1}), frozenset({2})}


def test_a_table_has_each_person_from_the_first_frame_to_the_last(done: Done) -> None:
    with (done.folder / "tracks.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0])[:5] == ["file", "frame", "time", "track", "object"]
    order = [(int(line["track"]), int(line["frame"])) for line in lines]
    assert order == [(track, frame) for track in (1, 2) for frame in range(LENGTH)]
    by_row = {(row["track_id"], row["frame"]): row for row in rows_of(done)}
    for line, place in zip(lines, order, strict=True):
        assert float(line["nose_x"]) == by_row[place]["keypoints"][0]
        assert float(line["time"]) == pytest.approx(place[1] / RATE)


def test_nobody_is_warned_of_who_walks_out_of_the_picture(caplog: pytest.LogCaptureFixture) -> None:
    numbers = Follower(None).video(25.0)._numbers
    for width in range(60, 4, -8):
        assert numbers(np.array([[0.0, 0, width, 90], [200, 0, 60, 90]])) == (1, 2)
    for _ in range(12):
        assert numbers(np.array([[200.0, 0, 60, 90]])) == (2,)
    assert not caplog.records


def test_what_follows_is_recorded(done: Done) -> None:
    about = json.loads((done.folder / "about.json").read_text("utf-8"))
    assert about["tracks"]["by"] == f"norfair-enough {norfair.__version__}"
    assert "smoothing" not in about


def test_boxes_numbers_and_scores_are_drawn_on_request(
    scene: Crossing, done: Done, tmp_path: Path
) -> None:
    plain = followed(scene, tmp_path / "plain")

    def first(of: Done) -> NDArray[np.int64]:
        whole, frame = cv2.VideoCapture(str(of.folder / "drawn/walk.mp4")).read()
        assert whole
        return frame.astype(np.int64)

    row = next(row for row in rows_of(done) if row["frame"] == 0)
    x, y, width, height = (round(value) for value in row["bbox"])
    changed = np.abs(first(done) - first(plain)).max(axis=2) > 40
    assert changed[y + 4 : y + height - 4, x].mean() > 0.9  # its left edge
    assert changed[y + height - 1, x + 4 : x + width - 4].mean() > 0.9  # its lower edge
    assert changed[y - 12 : y - 2, x : x + 20].mean() > 0.5  # words above


def test_a_picture_beside_a_video_has_no_number(scene: Crossing, tmp_path: Path) -> None:
    image = next((small_world() / "coco/images/val2017").glob("*.jpg"))
    boxes = json.loads(scene.boxes.read_text("utf-8"))
    boxes.append({"file_name": image.name, "bbox": [0, 0, 99, 99]})
    more = Crossing(scene.video, tmp_path / "more.json", scene.joints)
    more.boxes.write_text(json.dumps(boxes), "utf-8")
    both = followed(more, tmp_path / "out", besides=[str(image)], draw=False)
    of_image = [row for row in rows_of(both) if "frame" not in row]
    assert [row.get("track_id") for row in of_image] == [None]
    with (both.folder / "keypoints.csv").open(encoding="utf-8") as file:
        assert [line["track"] for line in csv.DictReader(file)][-1] == ""
    assert len((both.folder / "tracks.csv").read_text("utf-8").splitlines()) == 1 + 2 * LENGTH


def test_each_person_who_was_followed_is_lifted(done: Done, tmp_path: Path) -> None:
    options = Options(weights=str(small_lifter("h36m-lift@tiny")), device="cpu")
    asked = Asked("h36m-lift@tiny", (str(done.folder),), options, str(tmp_path / "out"), draw=False)
    rows = json.loads((predict(asked).folder / "joints.json").read_text("utf-8"))
    assert [row["track_id"] for row in rows] == [1] * LENGTH + [2] * LENGTH


def jitter(places: NDArray[np.float64]) -> float:
    """How much steps differ from those before, on average."""
    return float(np.abs(np.diff(places, 2, axis=0)).mean())


def test_a_smoothed_video_is_recorded_and_has_less_jitter(
    scene: Crossing, done: Done, tmp_path: Path
) -> None:
    how = Follow(smooth=True, smooth_beta=2)
    smooth = followed(scene, tmp_path / "out", follow=how, draw=False)
    about = json.loads((smooth.folder / "about.json").read_text("utf-8"))
    values = {"cutoff": 1.0, "beta": 2, "speed_cutoff": 1.0}
    assert about["smoothing"] == {"by": "one-euro", **values}

    def of_first(of: Done) -> NDArray[np.float64]:
        return np.array([row["keypoints"] for row in rows_of(of) if row["track_id"] == 1])

    raw, less = of_first(done), of_first(smooth)
    np.testing.assert_array_equal(less[0], raw[0])
    np.testing.assert_array_equal(less[:, 2::3], raw[:, 2::3])  # scores
    assert jitter(less) < 0.6 * jitter(raw)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"marks": "ids", "follow": Follow()}, "--draw ids draws the numbers that --tracks gives"),
        ({"marks": "box"}, "no mark of --draw is called 'box'"),
        ({"follow": Follow(tracks=True, smooth_cutoff=2)}, "--smooth-cutoff goes with --smooth"),
        ({"follow": Follow(smooth=True, smooth_beta=math.inf)}, "--smooth-beta is inf; give a"),
    ],
)
def test_what_does_not_go_together_is_refused(
    more: dict[str, Any], words: str, scene: Crossing, tmp_path: Path
) -> None:
    with pytest.raises(HrbenchError, match=words):
        followed(scene, tmp_path / "out", **more)


def test_what_cannot_be_followed_is_refused(scene: Crossing, tmp_path: Path) -> None:
    image = str(next((small_world() / "coco/images/val2017").glob("*.jpg")))
    for task, weights, source, words in (
        (POSE, small_weights(POSE), image, "go with videos, and there is none"),
        ("imagenet@tiny", small_classifier("imagenet@tiny"), str(scene.video), "imagenet is none"),
        ("h36m-lift@tiny", small_lifter("h36m-lift@tiny"), image, "h36m-lift reads none"),
    ):
        options = Options(weights=str(weights), device="cpu")
        asked = Asked(task, (source,), options, str(tmp_path), follow=Follow(tracks=True))
        with pytest.raises(RunError, match=words):
            predict(asked)


def test_a_missing_library_is_named(
    scene: Crossing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "norfair", None)
    with pytest.raises(RunError, match=r"pip install 'hrbench\[tracks\]'"):
        followed(scene, tmp_path / "out")
