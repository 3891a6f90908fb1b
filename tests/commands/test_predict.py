"""Pictures of anyone's: the same keypoints as a run finds, and what is written of them."""

import csv
import errno
import json
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tomli_w
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import detection
from torchvision.models.detection import fasterrcnn_resnet50_fpn_v2
from worlds import landmarks, small_classifier, small_lifter, small_weights, small_world

import hrbench
from hrbench.begun.options import Options
from hrbench.commands.predict.detector import Detector
from hrbench.commands.predict.predict import Asked, Done, predict
from hrbench.commands.predict.writing import Rows
from hrbench.data import remarks
from hrbench.data.headers import TAG
from hrbench.data.images import read_image
from hrbench.engine.runtime import Runtime
from hrbench.errors import DataError, RunError, WeightsError
from hrbench.kinds.landmarks.predictor import KeypointPredictor
from hrbench.road.loading import load

CPU = Runtime(torch.device("cpu"))
FLIP = "protocol.flip_test=true"
PERSON = 1  # COCO's, which torchvision's detectors have


@pytest.mark.parametrize(
    ("task", "dataset", "overrides"),
    [
        ("coco-pose@tiny", "coco", (FLIP,)),
        ("coco-pose@tiny", "coco", ("model.color=bgr", "model.codec=dark")),
        ("crowdpose@tiny", "crowdpose", (FLIP,)),
        ("300w@tiny", "300w", ()),
        ("300w@tiny", "300w", ("protocol.pixels=official",)),
    ],
)
def test_a_picture_gets_the_keypoints_that_a_run_finds(
    task: str, dataset: str, overrides: tuple[str, ...]
) -> None:
    walked = landmarks(task, small_world(dataset=dataset), *overrides)
    network, evaluation = walked.network(), walked.evaluation()
    expected = walked.predictions(network, evaluation, CPU, workers=0, title="predicting")
    predictor, people = KeypointPredictor(walked, network, CPU), evaluation.people
    read = [predictor.pixels.cutting.read(path) for path in people.images]
    rows = [np.flatnonzero(people.image == image) for image in range(len(read))]
    boxes = np.column_stack([people.boxes, people.scores])
    found = predictor.results(read, [boxes[mine] for mine in rows])
    order = np.concatenate(rows)
    for name in ("keypoints", "scores"):
        together = np.concatenate([getattr(one, name) for one in found])
        np.testing.assert_allclose(together, getattr(expected, name)[order], rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def images() -> list[Path]:
    """Four pictures of 128 x 128 pixels."""
    return sorted((small_world() / "coco/images/val2017").glob("*.jpg"))


def asked(sources: list[Path], output: Path, **more: Any) -> Asked:
    task = more.pop("task", "coco-pose@tiny")
    weights = more.pop("weights", None) or small_weights("coco-pose@tiny")
    options = Options(weights=str(weights), device="cpu", overrides=more.pop("overrides", ()))
    return Asked(task, tuple(map(str, sources)), options, str(output), **more)


def rows_of(done: Done, name: str = "keypoints") -> Any:
    return json.loads((done.folder / f"{name}.json").read_text("utf-8"))


def test_rows_are_results_of_coco_and_a_table(images: list[Path], tmp_path: Path) -> None:
    annotations = small_world() / "coco/annotations/person_keypoints_val2017.json"
    truth = json.loads(annotations.read_text("utf-8"))
    done = predict(asked(images, tmp_path / "out", boxes=str(annotations)))
    rows = rows_of(done)
    assert len(rows) == done.counts.found == len(truth["annotations"])
    assert {row["image_id"] for row in rows} <= {image["id"] for image in truth["images"]}
    assert all(len(row["keypoints"]) == 51 for row in rows)
    with (done.folder / "keypoints.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [float(line["nose_x"]) for line in table] == [row["keypoints"][0] for row in rows]
    about = json.loads((done.folder / "about.json").read_text("utf-8"))
    assert about["keypoints"][:2] == ["nose", "left_eye"]
    assert len(about["weights"]["sha256"]) == 64
    drawn = cv2.imread(str(done.folder / "drawn" / images[0].name))
    assert drawn is not None
    assert drawn.shape == (128, 128, 3)


def test_a_turned_picture_is_set_upright(images: list[Path], tmp_path: Path) -> None:
    """Keypoints are those of the same picture stored upright."""
    with Image.open(images[0]) as image:
        upright = image.crop((0, 0, 128, 96)).copy()
    exif = Image.Exif()
    exif[TAG] = 6  # to be turned by 90 degrees clockwise
    upright.save(tmp_path / "upright.png")
    upright.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    done = predict(asked([tmp_path / "upright.png", tmp_path / "turned.png"], tmp_path / "out"))
    first, second = rows_of(done)
    assert first["keypoints"] == second["keypoints"]
    assert first["bbox"] == second["bbox"] == [0, 0, 128, 96]
    assert done.counts.turned == 1


def video(path: Path, frames: list[NDArray[np.uint8]]) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def test_a_video_gets_a_row_and_a_drawn_frame_for_each_of_its_frames(
    images: list[Path], tmp_path: Path
) -> None:
    shown = [read_image(images[number % 4]) for number in range(20)]
    done = predict(asked([video(tmp_path / "walk.mp4", shown), images[0]], tmp_path / "out"))
    rows = rows_of(done)
    assert [row.get("frame") for row in rows] == [*range(20), None]
    capture = cv2.VideoCapture(str(done.folder / "drawn" / "walk.mp4"))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 20
    assert capture.get(cv2.CAP_PROP_FPS) == 10
    assert done.counts.pictures == 21


def test_files_of_one_name_are_drawn_beside_each_other(images: list[Path], tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.jpg").write_bytes(images[0].read_bytes())
    done = predict(asked([tmp_path / "a", tmp_path / "*" / "one.jpg"], tmp_path / "out"))
    assert done.counts.pictures == 2
    assert {"drawn/one.jpg", "drawn/one-2.jpg"} <= set(done.files)


def test_a_picture_gets_its_five_likeliest_classes(images: list[Path], tmp_path: Path) -> None:
    weights = small_classifier("imagenet@tiny")
    done = predict(asked(images[:1], tmp_path / "out", task="imagenet@tiny", weights=weights))
    scores = [found["score"] for found in rows_of(done, "classes")[0]["classes"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    drawn = cv2.imread(str(done.folder / "drawn" / images[0].name))
    assert drawn is not None
    assert drawn.shape[0] > 128  # words below the picture
    with pytest.raises(RunError, match="--boxes goes with tasks of keypoints"):
        predict(asked(images, tmp_path / "no", task="imagenet@tiny", weights=weights, boxes="x"))


def test_predicted_keypoints_are_lifted(images: list[Path], tmp_path: Path) -> None:
    shown = [read_image(images[number % 4]) for number in range(6)]
    flat = predict(asked([video(tmp_path / "a.mp4", shown), images[0]], tmp_path / "flat"))
    lifter = small_lifter("h36m-lift@tiny")
    more = {"task": "h36m-lift@tiny", "weights": lifter}
    done = predict(asked([flat.folder], tmp_path / "space", **more))
    rows = rows_of(done, "joints")
    assert [row.get("frame") for row in rows] == [0, 1, 2, 3, 4, 5, None]
    assert np.isfinite(np.array([row["joints"] for row in rows])).all()
    assert np.array(rows[0]["joints"]).shape == (17, 3)
    assert {"drawn/a-0.mp4", f"drawn/{images[0].stem}-1.jpg"} <= set(done.files)
    with pytest.raises(
        DataError, match=r"has no about\.json: 3D joints are lifted from the folder"
    ):
        predict(asked(images[:1], tmp_path / "no", **more))


def test_frames_without_their_times_are_refused(images: list[Path], tmp_path: Path) -> None:
    shown = [read_image(images[0])] * 2
    done = predict(asked([video(tmp_path / "a.mp4", shown)], tmp_path / "flat"))
    rows = [{k: v for k, v in row.items() if k != "time"} for row in rows_of(done, "keypoints")]
    (done.folder / "keypoints.json").write_text(json.dumps(rows))
    more = {"task": "h36m-lift@tiny", "weights": small_lifter("h36m-lift@tiny")}
    with pytest.raises(DataError, match=r"'time'\); predict the keypoints again"):
        predict(asked([done.folder], tmp_path / "out", **more))


@pytest.mark.parametrize("about", ["{}", "[]", '{"keypoints": 3}'])
def test_a_folder_that_predict_did_not_write_is_refused(about: str, tmp_path: Path) -> None:
    (tmp_path / "about.json").write_text(about)
    (tmp_path / "keypoints.json").write_text('[{"file_name": "a.jpg"}]')
    more = {"task": "h36m-lift@tiny", "weights": small_lifter("h36m-lift@tiny")}
    with pytest.raises(DataError, match="are not as `hrbench predict` writes them"):
        predict(asked([tmp_path], tmp_path / "out", **more))


@pytest.fixture(scope="module")
def detector_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of torchvision's detector, random but for a leaning towards persons."""
    torch.manual_seed(0)
    network = fasterrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None)
    network.roi_heads.box_predictor.cls_score.bias.data[PERSON] = 6
    network.roi_heads.box_predictor.cls_score.bias.data[PERSON + 1] = 6  # bicycles
    path = tmp_path_factory.mktemp("detector") / "random.pth"
    torch.save(network.state_dict(), path)
    return path


def test_offline_a_detector_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HRBENCH_OFFLINE", "1")
    with pytest.raises(RunError, match=r"HRBENCH_OFFLINE forbids to fetch it: .* --detector"):
        Detector(torch.device("cpu"), None, 0.3)


def test_persons_of_a_detector_are_boxes(images: list[Path], detector_weights: Path) -> None:
    """Those that torchvision's network gives for the same pixels, of persons alone."""
    detector = Detector(torch.device("cpu"), str(detector_weights), 0.3)
    detector.network.transform.min_size = (64,)  # quick
    image = read_image(images[0])
    (found,) = detector([], [image])
    planes = torch.from_numpy(np.ascontiguousarray(image[..., ::-1])).permute(2, 0, 1) / 255
    with torch.inference_mode():
        said = detector.network([planes])[0]
    kept = (said["labels"] == PERSON) & (said["scores"] >= 0.3)
    assert 0 < kept.sum() < len(kept)
    x1, y1, x2, y2 = said["boxes"][kept].double().unbind(1)
    boxes = torch.stack([x1, y1, x2 - x1, y2 - y1, said["scores"][kept].double()], dim=1)
    np.testing.assert_allclose(found, boxes.numpy(), atol=1e-5)


def test_a_prediction_takes_the_boxes_of_the_detector(
    images: list[Path], detector_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = partial(fasterrcnn_resnet50_fpn_v2, min_size=64)  # quick
    monkeypatch.setattr(detection, "fasterrcnn_resnet50_fpn_v2", small)
    more = {"boxes": "detector", "detector": str(detector_weights)}
    done = predict(asked(images[:1], tmp_path / "out", **more))
    expected = Detector(CPU.device, str(detector_weights), 0.3)([], [read_image(images[0])])[0]
    found = [row["bbox"] for row in rows_of(done)]
    np.testing.assert_allclose(found, expected[:, :4], atol=2e-3)
    assert json.loads((done.folder / "about.json").read_text("utf-8"))["boxes"] == "detector"


def test_a_detector_is_asked_for_before_it_is_fetched(
    images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its weights are in torch's cache it is used unasked: here they are no weights."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert predict(asked(images[:1], tmp_path / "out")).counts.found == 1  # the whole picture
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth").touch()
    with pytest.raises(WeightsError, match=r"dd69338a\.pth"):
        predict(asked(images[:1], tmp_path / "no"))
    assert predict(asked(images[:1], tmp_path / "all", boxes="whole")).counts.found == 1
    faces = {"task": "300w@tiny", "weights": small_weights("300w@tiny")}
    assert predict(asked(images[:1], tmp_path / "face", **faces)).counts.found == 1
    with pytest.raises(RunError, match="--boxes detector finds persons, and 300w is of faces"):
        predict(asked(images[:1], tmp_path / "no", boxes="detector", **faces))


def test_a_full_disk_is_said_of_the_folder_that_is_asked_for(
    images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Rows, folder: Path, *__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left", str(folder / "keypoints.json"))

    monkeypatch.setattr(Rows, "write", full)
    words = r"/out cannot be written: No space left; name another folder$"
    with pytest.raises(RunError, match=words):
        predict(asked(images[:1], tmp_path / "out"))
    assert not any(tmp_path.glob("*out*"))


def test_no_two_pictures_have_one_id(images: list[Path], tmp_path: Path) -> None:
    """A picture has the number that it is called by; of the others each has one that is free."""
    names = ("2.jpg", "cat.jpg", "a/1.jpg", "b/1.jpg")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(images[0].read_bytes())
    clip = video(tmp_path / "walk.mp4", [read_image(images[0])] * 3)
    done = predict(asked([tmp_path / name for name in names] + [clip], tmp_path / "out"))
    assert [row["image_id"] for row in rows_of(done)] == [2, 3, 1, 4, 5, 6, 7]


def test_a_video_that_ends_before_its_header_says_so(images: list[Path], tmp_path: Path) -> None:
    whole = tmp_path / "whole.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 128))
    for number in range(20):
        writer.write(read_image(images[number % 4]))
    writer.release()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = predict(asked([cut], tmp_path / "out"))
    about = json.loads((done.folder / "about.json").read_text("utf-8"))["files"][str(cut)]
    assert about["frames"] == done.counts.pictures == len(rows_of(done))
    assert about["frames"] + about["missing_frames"] == 20
    assert about["missing_frames"] > 0
    words = f"{about['frames']} of 20, {about['missing_frames']} missing"
    assert words in " ".join(remarks.sentences())


def test_boxes_of_frames_that_a_video_does_not_have_are_named(
    images: list[Path], tmp_path: Path
) -> None:
    clips = [
        video(tmp_path / f"{name}.mp4", [read_image(images[0])] * 3) for name in ("a", "b", "c")
    ]
    frames = {"a.mp4": (2, 3, 99), "b.mp4": (99,), "c.mp4": (0,)}
    rows = [
        {"file_name": name, "frame": frame, "bbox": [30, 20, 60, 90]}
        for name, numbers in frames.items()
        for frame in numbers
    ]
    (tmp_path / "boxes.json").write_text(json.dumps(rows), "utf-8")
    done = predict(asked(clips, tmp_path / "out", boxes=str(tmp_path / "boxes.json")))
    found = [(Path(row["file_name"]).name, row["frame"]) for row in rows_of(done)]
    assert found == [("a.mp4", 2), ("c.mp4", 0)]
    assert (
        "videos with boxes of frames that they do not have: 2 (a.mp4: frame 3 and 1 more, and its "
        "last is 2, b.mp4: frame 99, and its last is 2)"
    ) in remarks.sentences()


def test_weights_of_a_run_say_their_task(images: list[Path], tmp_path: Path) -> None:
    plain = load("coco-pose@tiny", Options(overrides=(FLIP,))).task.spec.plain()
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    (tmp_path / "run/spec.toml").write_text(tomli_w.dumps(plain), "utf-8")
    weights = tmp_path / "run/checkpoints/best.pt"
    weights.write_bytes(small_weights("coco-pose@tiny").read_bytes())
    expected = rows_of(predict(asked(images, tmp_path / "named", overrides=(FLIP,))))
    assert rows_of(predict(asked(images, tmp_path / "out", task=None, weights=weights))) == expected
    model = hrbench.load(weights=str(weights))
    assert (model.spec.name, model.spec.protocol.plain()["flip_test"]) == ("coco-pose", True)


def test_a_variant_that_the_weights_do_not_tell_is_asked_for(tmp_path: Path) -> None:
    network = load("coco-pose@w32-256x192", Options()).network
    torch.save({"network": network.state_dict()}, tmp_path / "w32.pt")
    with pytest.raises(
        RunError, match=r"coco-pose@w32-384x288, coco-pose@w32-256x192, .* have its"
    ):
        load("coco-pose", Options(weights=str(tmp_path / "w32.pt")))
