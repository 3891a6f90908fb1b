"""`hrbench.load`: what a program or a notebook gets of pictures."""

import base64
import copy
import io
import json
import pickle
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from worlds import small_classifier, small_lifter, small_weights, small_world

import hrbench
from hrbench.begun.options import Options
from hrbench.commands.predict import boxes
from hrbench.commands.predict.from_python import Model
from hrbench.commands.predict.predict import Asked, predict
from hrbench.data.headers import TAG
from hrbench.errors import DataError, HrbenchError, RunError, UnknownNameError, WeightsError

POSE = "coco-pose@tiny"


@pytest.fixture(scope="module")
def images() -> list[Path]:
    """Four pictures of 128 x 128 pixels."""
    return sorted((small_world() / "coco/images/val2017").glob("*.jpg"))


@pytest.fixture(scope="module")
def model() -> Model:
    return hrbench.load(POSE, weights=str(small_weights(POSE)), device="cpu")


def rgb(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_an_array_a_path_and_a_picture_get_the_keypoints_of_the_same_pixels(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    stored = tmp_path / "same.png"
    Image.fromarray(rgb(images[0])).save(stored)
    boxes = [[10, 12, 60, 90], [0, 0, 128, 128]]
    expected = model.predict(rgb(stored), boxes)
    assert (expected.keypoints.shape, expected.scores.shape) == ((2, 17, 2), (2, 17))
    with Image.open(stored) as opened:
        for source in (stored, str(stored), opened, opened.convert("RGBA")):
            found = model.predict(source, boxes)
            np.testing.assert_array_equal(found.keypoints, expected.keypoints)
            np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(model.predict(stored).keypoints, expected.keypoints[1:])
    assert model.names[0] == "nose"


def test_one_picture_gives_one_result_and_several_give_a_list(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    one, other = (model.predict(image) for image in images[:2])
    for several in (images[:2], (str(images[0]), rgb(images[1]))):
        first, second = model.predict(several)
        np.testing.assert_array_equal(first.keypoints, one.keypoints)
        assert np.abs(second.keypoints - other.keypoints).max() < 1  # two decoders of JPEG
    assert len(model.predict([images[0]])) == 1
    for number, image in enumerate(images[:3]):
        (tmp_path / f"{number}.jpg").write_bytes(image.read_bytes())
    for source in (tmp_path, str(tmp_path / "*.jpg")):
        found = model.predict(source)
        assert [Path(part.file).name for part in found] == ["0.jpg", "1.jpg", "2.jpg"]


def test_what_is_stored_turned_is_set_upright(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    upright = Image.fromarray(rgb(images[0])).crop((0, 0, 128, 96))
    exif = Image.Exif()
    exif[TAG] = 6  # to be turned by 90 degrees clockwise
    turned = tmp_path / "turned.png"
    upright.rotate(90, expand=True).save(turned, exif=exif)
    expected = model.predict(np.asarray(upright)).keypoints
    with Image.open(turned) as opened:
        for source in (turned, opened):
            found = model.predict(source)
            np.testing.assert_array_equal(found.keypoints, expected)
            assert found.plot().size == (128, 96)


def test_results_are_what_the_command_writes(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    annotations = str(small_world() / "coco/annotations/person_keypoints_val2017.json")
    options = Options(weights=str(small_weights(POSE)), device="cpu")
    asked = Asked(POSE, (str(images[0]),), options, str(tmp_path / "out"), boxes=annotations)
    done = predict(asked)
    written = json.loads((done.folder / "keypoints.json").read_text("utf-8"))
    found = model.predict(images[0], boxes=annotations)
    keys = ("bbox", "keypoints", "score")
    rows = [{key: row[key] for key in keys} for row in written]
    assert found.to_dict() == {"file_name": str(images[0]), "keypoints": rows}
    header, *lines = (done.folder / "keypoints.csv").read_text("utf-8").splitlines()
    table = found.to_df()
    assert [name for name in header.split(",") if name not in {"frame", "time"}] == list(
        table.columns
    )
    assert table["nose_x"].tolist() == [row["keypoints"][0] for row in rows]
    assert len(lines) == len(table)


def test_a_picture_is_drawn_saved_and_shown_by_a_notebook(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    found = model.predict(images[0], [[10, 12, 60, 90]])
    plain, marked = found.plot(), found.plot("boxes", "scores")
    plain.save(tmp_path / "pose.png")
    assert plain.size == (128, 128)
    assert (np.asarray(plain) != rgb(images[0])).any()
    edge = np.asarray(marked)[60, 10].astype(int)  # the box's left edge, which is white
    assert edge.min() > 200
    assert (np.asarray(plain) != np.asarray(marked)).any()
    with pytest.raises(UnknownNameError, match=r"no mark is called 'box'\. Did you mean 'boxes'"):
        found.plot("box")
    shown = found._repr_html_()
    (encoded,) = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', shown)
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        assert picture.size == (128, 128)
    assert "<th>score</th>" in shown
    assert repr(found) == f"<Keypoints of 1 object in {images[0]}>"


def test_results_go_to_other_processes_without_the_network(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    lifter = hrbench.load("h36m-lift@tiny", str(small_lifter("h36m-lift@tiny")))
    classes = hrbench.load("imagenet@tiny", str(small_classifier("imagenet@tiny")))
    face = hrbench.load("300w@tiny", str(small_weights("300w@tiny")))
    small = tmp_path / "small.png"
    Image.fromarray(rgb(images[0])[:64, :64]).save(small)
    found = [
        *(one.predict(source) for one in (model, classes, face) for source in (small, rgb(small))),
        lifter.predict(model.predict(images[0])),
    ]
    for one in found:
        content = pickle.dumps(one)
        assert len(content) < 100_000  # 64 x 64 pixels, of a face as floats; no network
        for again in (pickle.loads(content), copy.deepcopy(one)):  # noqa: S301  our own
            assert again.to_dict() == one.to_dict()
            assert again.plot().tobytes() == one.plot().tobytes()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(repr, found[0]).result() == repr(found[0])


def test_what_is_neither_a_task_nor_weights_is_said_with_a_near_name() -> None:
    words = "'coco-pos' is no task, and no file, RUN or name of weights. Did you mean 'coco-pose'"
    with pytest.raises(RunError, match=words):
        hrbench.load("coco-pos")
    with pytest.raises(RunError, match="Did you mean 'coco-pose'"):
        hrbench.load("coco-pos@tiny")
    with pytest.raises(WeightsError, match=r"zzzz does not exist; weights are a file, a RUN"):
        hrbench.load(POSE, weights="zzzz")


def test_pictures_of_files_are_not_held(model: Model, images: list[Path], tmp_path: Path) -> None:
    """They are read again to be drawn."""
    path = tmp_path / "a.jpg"
    path.write_bytes(images[0].read_bytes())
    found = model.predict(path)
    path.unlink()
    with pytest.raises(DataError, match=r"a\.jpg cannot be read"):
        found.plot()


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([[1, 2, 3]], r"boxes: \(N, 4\) finite numbers x, y, width, height, not \(1, 3\)"),
        ([1, 2, 3, 4], r"not \(4,\)"),
        ([[1, 2, 3, 4], [1, 2]], "and these are none"),
        ([[0, 0, np.nan, 4]], "some are not finite"),
        ([[10, 10, 0, 5]], "boxes without width or height: 1 .box 0: 10 10 0 5"),
        ([[500, 0, 5, 5]], "boxes outside of their image: 1 .box 0: 500 0 5 5 in 128 x 128"),
        ([[60, 50, 120, 126]], "boxes that are corners x1, y1, x2, y2 by their numbers"),
        ([[0.1, 0.1, 0.5, 0.5]], "boxes in shares of the image"),
        ("detektor", "boxes: detektor does not exist; name a file that does, whole, or detector"),
    ],
)
def test_boxes_that_cannot_be_are_refused(
    boxes: Any, words: str, model: Model, images: list[Path]
) -> None:
    with pytest.raises(DataError, match=words):
        model.predict(images[0], boxes)


def test_boxes_are_one_list_for_each_picture(model: Model, images: list[Path]) -> None:
    with pytest.raises(DataError, match="boxes: 1 lists for 2 pictures; one for each"):
        model.predict(images[:2], [[[0, 0, 5, 5]]])
    with pytest.raises(DataError, match="boxes: 0 lists for 2 pictures"):
        model.predict(images[:2], 5)
    found = model.predict(images[:2], [[], [[0, 0, 64, 64], [20, 20, 64, 64]]])
    assert [part.keypoints.shape for part in found] == [(0, 17, 2), (2, 17, 2)]
    assert found[0].to_df().empty
    outside = hrbench.load(POSE, str(small_weights(POSE)), allow=("outside",))
    assert len(outside.predict(images[0], [[500, 0, 5, 5]]).boxes) == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (3, "image: a path, a PIL image or an array, not int"),
        (np.zeros((8, 8), np.uint8), r"image: \(H, W, 3\) uint8 RGB, not \(8, 8\) uint8"),
        (Image.new("I;16", (8, 8)), "image: 8 bits for each colour, not I;16; name its path"),
        ("gone.jpg", "gone.jpg does not exist"),
        ("https://host/a.jpg", "is an address; fetch the file first"),
    ],
)
def test_what_is_no_picture_is_refused(source: Any, words: str, model: Model) -> None:
    with pytest.raises(DataError, match=words):
        model.predict(source)


def test_videos_are_for_the_command(model: Model, tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 8, (96, 64))
    writer.write(np.zeros((64, 96, 3), np.uint8))
    writer.release()
    with pytest.raises(DataError, match=r"a\.avi is a video, which `hrbench predict` goes through"):
        model.predict(tmp_path)


def test_without_boxes_the_rule_of_the_command_applies(
    images: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each picture is one box, which is said once; or the detector's, if its weights are there."""
    model = hrbench.load(POSE, str(small_weights(POSE)))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for image in images[:2]:
        np.testing.assert_array_equal(model.predict(image).boxes, [[0, 0, 128, 128]])
    said = capsys.readouterr().err
    assert said.count("Each picture is taken as one box") == 1
    assert "boxes=detector finds them" in said
    assert "--boxes" not in said
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth").touch()
    seen = np.array([[10, 12, 60, 90, 0.5]])
    monkeypatch.setattr(boxes, "Detector", lambda *_: lambda _, images: [seen] * len(images))
    found = hrbench.load(POSE, str(small_weights(POSE))).predict(images[0])
    np.testing.assert_array_equal(found.boxes, seen[:, :4])
    assert "Persons are looked for by torchvision's detector" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"people\.json has boxes of files"):
        model.predict(rgb(images[0]), boxes="people.json")


def test_a_face_has_its_points(images: list[Path]) -> None:
    face = hrbench.load("300w@tiny", str(small_weights("300w@tiny")))
    found = face.predict(images[0], [[20, 20, 80, 80]])
    assert found.keypoints.shape == (1, 68, 2)
    assert len(found.to_df().columns) == 1 + 6 + 3 * 68


def test_a_picture_has_its_five_likeliest_classes(images: list[Path]) -> None:
    model = hrbench.load("imagenet@tiny", str(small_classifier("imagenet@tiny")))
    found = model.predict(images[0])
    table = found.to_df()
    assert table["name"].tolist() == list(found.names)
    assert set(found.names) <= set(model.names)
    assert (np.diff(found.scores) <= 0).all()
    assert found.to_dict()["classes"][0]["classes"][0]["name"] == found.names[0]
    assert found.plot().size[1] > 128  # words below the picture
    assert found.names[0] in found._repr_html_()
    with pytest.raises(RunError, match="boxes go with keypoints in images; imagenet finds none"):
        model.predict(images[:1], np.zeros((1, 2, 4)))


def test_keypoints_that_were_written_are_lifted(images: list[Path], tmp_path: Path) -> None:
    options = Options(weights=str(small_weights(POSE)), device="cpu")
    flat = predict(Asked(POSE, tuple(map(str, images[:2])), options, str(tmp_path / "flat")))
    lifter = hrbench.load("h36m-lift@tiny", str(small_lifter("h36m-lift@tiny")))
    found = lifter.predict(flat.folder)
    assert [part.file for part in found] == [str(image) for image in images[:2]]
    assert found[0].joints.shape == (17, 3)
    assert found[0].to_df()["hip_x"].tolist() == [round(float(found[0].joints[0, 0]), 2)]
    assert found[0].plot().size[0] > found[0].plot().size[1]  # three views side by side
    with pytest.raises(HrbenchError, match="3D joints are lifted from the folder"):
        lifter.predict(tmp_path)


def test_keypoints_that_were_found_are_lifted_as_those_that_were_written(
    model: Model, images: list[Path], tmp_path: Path
) -> None:
    lifter = hrbench.load("h36m-lift@tiny", str(small_lifter("h36m-lift@tiny")))
    pose = model.predict(images[0], [[0, 0, 128, 128], [20, 20, 64, 64]])
    lifted = lifter.predict(pose)
    surest = int(pose.object_scores.argmax())
    alone = model.predict(images[0], pose.boxes[[surest]])
    np.testing.assert_allclose(lifted.joints, lifter.predict([alone])[0].joints, atol=1e-3)
    options = Options(weights=str(small_weights(POSE)), device="cpu")
    flat = predict(Asked(POSE, (str(images[0]),), options, str(tmp_path / "flat")))
    (written,) = lifter.predict(flat.folder)
    of_whole = lifter.predict(model.predict(images[0]))
    np.testing.assert_allclose(of_whole.joints, written.joints, atol=1e-3)
    with pytest.raises(DataError, match="3D joints are lifted from somebody's keypoints"):
        lifter.predict(model.predict(images[0], []))
