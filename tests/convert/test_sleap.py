"""On files that the sleap-io library itself writes."""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sleap_io
from PIL import Image

from hrbench import catalog
from hrbench.convert.detect import convert
from hrbench.errors import DataError, RunError

NODES = ("nose", "right_ear", "left_ear")
PLACES = np.array([[10.5, 20.0], [15.0, 30.0], [np.nan, np.nan]])


def skeleton() -> Any:
    return sleap_io.Skeleton(
        nodes=list(NODES),
        edges=[("nose", "right_ear"), ("nose", "left_ear")],
        symmetries=[("right_ear", "left_ear")],
    )


def frames(folder: Path, count: int = 3) -> Any:
    folder.mkdir(exist_ok=True)
    names = [str(folder / f"{index}.png") for index in range(count)]
    for name in names:
        cv2.imwrite(name, np.zeros((40, 60, 3), np.uint8))
    return sleap_io.Video.from_filename(names)


def saved(tmp_path: Path, video: Any, skeletons: list[Any], **options: Any) -> Path:
    labelled = [
        sleap_io.LabeledFrame(
            video=video,
            frame_idx=index,
            instances=[
                sleap_io.Instance.from_numpy(PLACES[: len(used)] + index, skeleton=used),
                sleap_io.PredictedInstance.from_numpy(PLACES[: len(used)], skeleton=used),
            ],
        )
        for index, used in zip((0, 2), skeletons, strict=False)
    ]
    name = "mice.pkg.slp" if options else "mice.slp"
    sleap_io.Labels(labelled).save(str(tmp_path / name), verbose=False, **options)
    return tmp_path / name


def content(folder: Path) -> Any:
    return json.loads((folder / "annotations.json").read_text("utf-8"))


def test_annotated_instances_become_objects_and_predicted_ones_do_not(tmp_path: Path) -> None:
    source = saved(tmp_path, frames(tmp_path / "frames"), [skeleton()] * 2)
    summary = convert(source, tmp_path / "out")
    assert (summary.images, summary.objects) == (2, 2)
    assert summary.skeleton.keypoints == NODES
    assert summary.skeleton.flip_pairs == (("left_ear", "right_ear"),)
    assert summary.skeleton.edges == (("nose", "right_ear"), ("nose", "left_ear"))
    said = content(tmp_path / "out")
    assert [(image["file_name"], image["width"]) for image in said["images"]] == [
        ("frames/0.png", 60),
        ("frames/2.png", 60),
    ]
    assert [row["keypoints"] for row in said["annotations"]] == [
        [10.5, 20, 2, 15, 30, 2, 0, 0, 0],
        [12.5, 22, 2, 17, 32, 2, 0, 0, 0],
    ]
    assert said["categories"][0]["skeleton"] == [[1, 2], [1, 3]]
    dataset = catalog.load_dataset("dataset.toml", beside=tmp_path / "out")
    assert dataset.edges == summary.skeleton.edges


def test_images_that_moved_with_their_file_are_found(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    source = saved(before, frames(before), [skeleton()] * 2)
    before.rename(after)
    assert convert(after / source.name, tmp_path / "out").images == 2


def test_without_symmetries_pairs_are_told_by_their_names(tmp_path: Path) -> None:
    plain = sleap_io.Skeleton(nodes=list(NODES))
    source = saved(tmp_path, frames(tmp_path), [plain] * 2)
    assert convert(source, tmp_path / "out").skeleton.flip_pairs == (("left_ear", "right_ear"),)


def film(path: Path, count: int = 4) -> Any:
    """Write a video without losses whose frames are of one colour each, (10 n, 0, 200)."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10, (64, 48))
    for number in range(count):
        writer.write(np.full((48, 64, 3), (200, 0, 10 * number), np.uint8))
    writer.release()
    return sleap_io.Video.from_filename(str(path))


def annotated(*videos: Any, indices: tuple[int, ...] = (0, 2)) -> Any:
    used = skeleton()
    frames = [
        sleap_io.LabeledFrame(
            video=video,
            frame_idx=index,
            instances=[sleap_io.Instance.from_numpy(PLACES + index, skeleton=used)],
        )
        for video in videos
        for index in indices
    ]
    return sleap_io.Labels(frames)


def written(folder: Path) -> dict[str, list[int]]:
    """The name of each frame that was written, and its first pixel, RGB."""
    paths = sorted((folder / "images").iterdir())
    return {path.name: np.asarray(Image.open(path))[0, 0].tolist() for path in paths}


def test_annotated_frames_of_a_video_become_pictures(tmp_path: Path) -> None:
    annotated(film(tmp_path / "cage.avi")).save(str(tmp_path / "mice.slp"), verbose=False)
    made = convert(tmp_path / "mice.slp", tmp_path / "out")
    assert (made.images, made.objects) == (2, 2)
    found = written(tmp_path / "out")
    assert found == {
        "cage_000000.png": pytest.approx([0, 0, 200], abs=2),
        "cage_000002.png": pytest.approx([20, 0, 200], abs=2),
    }
    said = content(tmp_path / "out")
    assert [image["file_name"] for image in said["images"]] == [f"images/{name}" for name in found]
    dataset = catalog.load_dataset("dataset.toml", beside=tmp_path / "out")
    assert dataset.splits["train"].images == (".",)


def test_frames_of_videos_of_one_name_are_pictures_of_their_own(tmp_path: Path) -> None:
    names = ("a/cage.avi", "b/cage.avi", "cage_2.avi", "Cage.avi")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
    videos = [film(tmp_path / name) for name in names]
    annotated(*videos, indices=(2,)).save(str(tmp_path / "mice.slp"), verbose=False)
    made = convert(tmp_path / "mice.slp", tmp_path / "out")
    assert (made.images, made.objects) == (4, 4)
    stems = [name.removesuffix("_000002.png") for name in written(tmp_path / "out")]
    assert stems == ["Cage_3", "cage", "cage_2", "cage_2_2"]


def test_frames_inside_of_a_file_become_pictures(tmp_path: Path) -> None:
    labels = annotated(film(tmp_path / "cage.avi"))
    labels.save(str(tmp_path / "mice.pkg.slp"), verbose=False, embed="user")
    (tmp_path / "cage.avi").unlink()
    convert(tmp_path / "mice.pkg.slp", tmp_path / "out")
    assert written(tmp_path / "out") == {
        "cage_000000.png": pytest.approx([0, 0, 200], abs=2),
        "cage_000002.png": pytest.approx([20, 0, 200], abs=2),
    }


@pytest.mark.skipif(
    tuple(map(int, sleap_io.__version__.split(".")[:2])) < (0, 9),
    reason="older ones write no NWB with today's pynwb",
)
def test_annotations_of_a_video_in_nwb_are_read(tmp_path: Path) -> None:
    sleap_io.save_nwb(annotated(film(tmp_path / "cage.avi")), str(tmp_path / "mice.nwb"))
    made = convert(tmp_path / "mice.nwb", tmp_path / "out")
    assert made.skeleton.keypoints == NODES
    assert made.skeleton.edges == (("nose", "right_ear"), ("nose", "left_ear"))
    assert [row["keypoints"] for row in content(tmp_path / "out")["annotations"]] == [
        [10.5, 20, 2, 15, 30, 2, 0, 0, 0],
        [12.5, 22, 2, 17, 32, 2, 0, 0, 0],
    ]
    assert list(written(tmp_path / "out")) == ["cage_000000.png", "cage_000002.png"]
    (tmp_path / "bad.nwb").write_text("no HDF5")
    with pytest.raises(DataError, match=r"bad\.nwb is not a NWB file: "):
        convert(tmp_path / "bad.nwb", tmp_path / "other")


def test_a_video_that_moved_is_found_and_one_that_is_gone_is_asked_for(tmp_path: Path) -> None:
    annotated(film(tmp_path / "cage.avi")).save(str(tmp_path / "mice.slp"), verbose=False)
    (tmp_path / "films").mkdir()
    (tmp_path / "cage.avi").rename(tmp_path / "films" / "cage.avi")
    with pytest.raises(DataError, match=r"its frames are in cage\.avi, which is not there; put it"):
        convert(tmp_path / "mice.slp", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    convert(tmp_path / "mice.slp", tmp_path / "out", images=tmp_path / "films")
    assert len(written(tmp_path / "out")) == 2


def test_a_frame_that_a_video_lacks_is_said(tmp_path: Path) -> None:
    labels = annotated(film(tmp_path / "cage.avi"), indices=(0, 99))
    labels.save(str(tmp_path / "mice.slp"), verbose=False)
    with pytest.raises(DataError, match=r"frame 99 of .*cage\.avi cannot be read"):
        convert(tmp_path / "mice.slp", tmp_path / "out")


def test_nodes_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = sleap_io.Skeleton(nodes=["nose", "nose", "ear"])
    source = saved(tmp_path, frames(tmp_path / "frames"), [twice] * 2)
    with pytest.raises(DataError, match=r"keypoints that stand twice: 1 \(nose\)"):
        convert(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_picture_may_be_a_video_of_its_own(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "0.webp"), np.zeros((40, 60, 3), np.uint8))
    video = sleap_io.Video(filename=str(tmp_path / "0.webp"), open_backend=False)
    source = saved(tmp_path, video, [skeleton()])
    assert convert(source, tmp_path / "out").images == 1


def test_two_skeletons_are_refused(tmp_path: Path) -> None:
    other = sleap_io.Skeleton(nodes=["head", "tail"])
    source = saved(tmp_path, frames(tmp_path), [skeleton(), other])
    with pytest.raises(DataError, match=r"mice\.slp has 2 skeletons"):
        convert(source, tmp_path / "out")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.slp").write_text("no labels")
    with pytest.raises(DataError, match=r"a\.slp is not a SLEAP file: "):
        convert(tmp_path / "a.slp", tmp_path / "out")
    with pytest.raises(DataError, match=r"none\.slp does not exist; name a DeepLabCut"):
        convert(tmp_path / "none.slp", tmp_path / "out")


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sleap_io", None)
    (tmp_path / "a.slp").touch()
    with pytest.raises(RunError, match=r"not installed: pip install 'hrbench\[sleap\]'"):
        convert(tmp_path / "a.slp", tmp_path / "out")


def test_what_nobody_annotated_is_counted_and_alone_refused(tmp_path: Path) -> None:
    source = saved(tmp_path, frames(tmp_path / "frames"), [skeleton()] * 2)
    assert convert(source, tmp_path / "out").left_out == ("2 predicted instances",)
    labels = sleap_io.load_slp(str(source))
    for frame in labels:
        frame.instances = frame.predicted_instances
    labels.save(str(tmp_path / "found.slp"), verbose=False)
    with pytest.raises(DataError, match="its 2 instances are predictions"):
        convert(tmp_path / "found.slp", tmp_path / "other")


def test_frames_of_alphatracker_are_read(tmp_path: Path) -> None:
    frames(tmp_path / "frames", 1)
    face = {"class": "Face", "x": 1, "y": 2, "width": 30, "height": 20}
    rows = [
        *(face, {"class": "point", "x": 3.5, "y": 4}, {"class": "point", "x": 5, "y": 6}),
        *(face, {"class": "point", "x": 13, "y": 14}, {"class": "point", "x": 15, "y": 16}),
    ]
    frame = {"filename": "frames/0.png", "class": "image", "annotations": rows}
    (tmp_path / "train.json").write_text(json.dumps([frame]))
    made = convert(tmp_path / "train.json", tmp_path / "out")
    assert made.skeleton.keypoints == ("1", "2")
    assert [row["keypoints"] for row in content(tmp_path / "out")["annotations"]] == [
        [3.5, 4, 2, 5, 6, 2],
        [13, 14, 2, 15, 16, 2],
    ]
