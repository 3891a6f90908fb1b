"""`hrbench check` says what is there, what is missing, and every fault that was planted."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from shared import need_shared
from specs import landmark_task

from hrbench import catalog, world
from hrbench.boxes.detections import BOX, NO_LIST
from hrbench.commands.check.check import check
from hrbench.data.images import NO_END
from hrbench.errors import DataError, RunError, SpecError, UnknownNameError
from hrbench.formats.coco import reading
from hrbench.formats.findings import Report, SplitReport
from hrbench.formats.location import DataRoot

NAMES = catalog.load_dataset("coco").keypoints
VAL = "annotations/person_keypoints_val2017.json"
DETECTIONS = "person_detection_results/COCO_val2017_detections_AP_H_56_person.json"


def person(number: int, image: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "bbox": [4, 4, 20, 20],
        "area": 300.0,
        "iscrowd": 0,
        "keypoints": [8, 8, 2] * 17,
        "num_keypoints": 17,
    } | changes


def content(*people: dict[str, Any], images: int = 3) -> dict[str, Any]:
    return {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 48, "height": 32} for n in range(images)
        ],
        "annotations": list(people) or [person(n, n) for n in range(images)],
        "categories": [{"id": 1, "name": "person", "keypoints": list(NAMES)}],
    }


def picture(path: Path, width: int = 48, height: int = 32) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    path.write_bytes(cv2.imencode(path.suffix, noise)[1].tobytes())


def write(path: Path, said: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said), "utf-8")


def box(image: int, **changes: Any) -> dict[str, Any]:
    return {"image_id": image, "category_id": 1, "bbox": [4, 4, 20, 20], "score": 0.9} | changes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """COCO's val2017 with three images, one person in each, and two detected boxes."""
    write(tmp_path / "coco" / VAL, content())
    write(tmp_path / "coco" / DETECTIONS, [box(0), box(2)])
    for number in range(3):
        picture(tmp_path / "coco" / "images" / "val2017" / f"{number}.jpg")
    return tmp_path


def val(root: Path, *, images: bool = False) -> SplitReport:
    return next(s for s in look(root, images=images).splits if s.name == "val2017")


def look(root: Path, *, images: bool = False) -> Report:
    return check("coco", str(root), images=images)


def lines(split: SplitReport) -> list[str]:
    return [str(fault) for fault in split.faults]


def test_the_real_slice_is_four_images_of_val_that_all_decode() -> None:
    report = check("coco", str(need_shared() / "real"), images=True)
    assert report.ok
    said = json.loads(json.dumps(report.content(), allow_nan=False))
    train, validation, test = said["splits"]
    assert not train["there"]
    assert not test["there"]
    assert validation["usable"]
    assert validation["faults"] == validation["missing"] == []
    facts = validation["annotations"]
    assert (facts["images"], facts["real_images"]) == (4, 5000)
    assert (facts["persons"], facts["labelled"]) == (14, 12)
    assert facts["sha256"].startswith("6dbaa1cc67f0bbe7")
    folder = validation["images"]
    assert (folder["listed"], folder["there"], folder["decoded"]) == (4, 4, True)
    assert folder["bytes"] == 540_578
    assert (validation["detections"]["boxes"], validation["detections"]["images"]) == (118, 4)


def test_what_is_there_is_counted_in_words_of_eighty_columns(root: Path) -> None:
    text = look(root).text()
    # A name may be longer than the 80 columns, such as that of the detections.
    assert all(len(line) <= 80 or len(line.split()) == 2 for line in text.splitlines())
    words = " ".join(text.split())
    assert "3 images (the real set has 5,000), 3 persons, 3 of them with keypoints" in words
    assert "images/val2017, 0.0 MB: 3 of the 3 images listed" in words
    assert "2 boxes in 2 images" in words
    assert "faults none" in words
    assert words.endswith("usable: val2017")


def test_a_split_that_is_not_there_is_one_paragraph_with_who_issues_it(root: Path) -> None:
    report = look(root)
    paragraph = next(part for part in report.text().split("\n\n") if part.startswith("train2017"))
    words = " ".join(paragraph.split())
    assert words.startswith("train2017: not there. annotations/person_keypoints_train2017.json")
    assert (
        "images/train2017 from https://cocodataset.org/#download, '2017 Train images' (18 GB)"
        in words
    )
    assert report.ok


def test_nothing_under_the_default_folder_names_the_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HRBENCH_DATA", raising=False)
    report = check("coco", None, images=False)
    assert not report.ok
    words = " ".join(report.text().split())
    assert "coco: COCO 2017 keypoints, in data/coco" in words
    assert "annotations/person_keypoints_val2017.json" in words
    assert "Nothing of coco is in data/coco. If it lies elsewhere, name the folder" in words
    assert words.endswith("with --data. `hrbench fetch coco` gets it, or says how.")


def test_the_folder_itself_in_place_of_the_one_above_is_noticed(root: Path) -> None:
    report = look(root / "coco")
    assert not report.ok
    head, said = report.text().split("\n\n")  # and not what to fetch, from where
    place = root / "coco"
    assert head.split() == f"coco: COCO 2017 keypoints, in {place / 'coco'}".split()
    expected = f"coco: it is not in {place / 'coco'} but in {place}: use --data {root}."
    assert said.split() == expected.split()


def test_images_may_lie_directly_under_the_folder(root: Path) -> None:
    (root / "coco" / "images" / "val2017").rename(root / "coco" / "val2017")
    report = look(root)
    assert report.ok
    assert report.content()["splits"][1]["images"]["place"] == "val2017"


def test_image_files_that_are_missing_are_counted_and_three_named(root: Path) -> None:
    write(root / "coco" / VAL, content(images=7))
    split = val(root)
    assert lines(split) == ["image files that are missing: 4 (3.jpg, 4.jpg, 5.jpg, …)"]
    assert not look(root).ok
    assert look(root).text().endswith("not usable as it is: val2017")


@pytest.mark.parametrize(("of", "accepted"), [((0, 1, 2), True), ((0, 1, 3), False)])
def test_an_image_that_is_missing_is_one_verdict_of_check_and_run(
    of: tuple[int, ...], accepted: bool, root: Path
) -> None:
    """A run opens the images of annotated persons alone."""
    write(root / "coco" / VAL, content(*(person(n, n) for n in of), images=5))
    split, kind = val(root), "image files that are missing"
    assert split.usable == accepted
    assert lines(split) == ([] if accepted else [f"{kind}: 1 (3.jpg)"])
    others = "2 (3.jpg, 4.jpg)" if accepted else "1 (4.jpg)"
    assert [str(note) for note in split.notes] == [f"{kind}, without annotated objects: {others}"]
    spec, dataset = landmark_task("coco-pose"), catalog.load_dataset("coco")
    verdict: AbstractContextManager[Any] = nullcontext()
    if not accepted:
        verdict = pytest.raises(DataError, match=r"the first is .*3\.jpg")
    with verdict:
        reading.evaluation(spec, dataset, DataRoot(root, synthetic=False), boxes="gt", limit=None)


def test_a_damaged_image_that_no_run_opens_is_a_note(root: Path) -> None:
    write(root / "coco" / VAL, content(person(1, 0), person(2, 1)))
    for number in (1, 2):
        (root / "coco" / "images" / "val2017" / f"{number}.jpg").write_bytes(b"no picture")
    split = val(root, images=True)
    assert lines(split) == ["image files that cannot be decoded: 1 (1.jpg)"]
    assert [str(note) for note in split.notes] == [
        "image files that cannot be decoded, without annotated objects: 1 (2.jpg)"
    ]


def test_image_files_in_subfolders_are_found(root: Path) -> None:
    said = content(images=1)
    said["images"][0]["file_name"] = "a/b/0.jpg"
    write(root / "coco" / VAL, said)
    write(root / "coco" / DETECTIONS, [box(0)])
    assert lines(val(root)) == ["image files that are missing: 1 (a/b/0.jpg)"]
    picture(root / "coco" / "images" / "val2017" / "a" / "b" / "0.jpg")
    assert val(root, images=True).usable


@pytest.mark.parametrize(
    ("place", "source"), [("images/val2017", "'2017 Val images' (1 GB)"), (VAL, "(241 MB)")]
)
def test_a_part_that_is_missing_says_who_issues_it(root: Path, place: str, source: str) -> None:
    (root / "coco" / place).rename(root / "elsewhere")
    split = val(root)
    assert [missing.place for missing in split.missing] == [place]
    assert "get it from https://cocodataset.org/#download" in str(split.missing[0])
    assert source in str(split.missing[0])
    assert not split.usable


def test_detections_are_needed_only_where_the_truth_is_hidden(root: Path) -> None:
    (root / "coco" / DETECTIONS).unlink()
    hidden = {"images": content()["images"]}
    write(root / "coco" / "annotations" / "image_info_test-dev2017.json", hidden)
    for number in range(3):
        picture(root / "coco" / "images" / "test2017" / f"{number}.jpg")
    _, validation, test = look(root).splits
    assert validation.usable
    assert "(only needed for --boxes det): get it from" in str(validation.missing[0])
    assert not test.usable
    assert test.missing[0].needed


def test_faults_of_annotations_are_listed_with_ids(root: Path) -> None:
    outside = person(8, 0, bbox=[40, 4, 20, 20])
    wrong = person(9, 1, keypoints=[99, 8, 2] * 17)
    write(root / "coco" / VAL, content(person(1, 2), outside, wrong))
    split = val(root)
    assert lines(split) == [
        "boxes that reach outside their image: 1 (id 8)",
        "keypoints outside their image: 1 (id 9)",
        "objects with keypoints far outside their own box: 2 (id 8, id 9)",
        "objects with keypoints mostly outside their image: 1 (id 9)",
    ]
    assert split.usable
    assert "  fault        boxes that reach outside their image: 1 (id 8)" in split.text()


def test_persons_with_a_fatal_fault_leave_the_images_comparable(root: Path) -> None:
    write(root / "coco" / VAL, content(person(1, 0), person(1, 1), images=4))
    split = val(root)
    assert lines(split) == [
        "annotation ids that stand twice: 1 (1)",
        "image files that are missing: 1 (3.jpg)",
    ]
    assert not split.usable


def test_names_in_another_order_than_the_dataset_are_a_fault(root: Path) -> None:
    said = content()
    said["categories"][0]["keypoints"] = [NAMES[1], NAMES[0], *NAMES[2:]]
    write(root / "coco" / VAL, said)
    line = "keypoints called otherwise than in the dataset: 2 (0 is left_eye, not nose, 1 is nose, "
    assert lines(val(root)) == [f"{line}not left_eye)"]


def test_json_that_cannot_be_read_is_reported_with_its_place(root: Path) -> None:
    (root / "coco" / VAL).write_text('{"images": [\n{"id": 1,', "utf-8")
    split = val(root)
    line = lines(split)[0]
    assert line.startswith("person_keypoints_val2017.json is not JSON: ")
    assert "line 2, column" in line
    assert not split.usable
    assert split.content()["annotations"]["bytes"] == 22


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"images": [], "annotations": [], "categories": []}, "no image is listed"),
        (
            content(person(1, 0, keypoints=[0] * 51, num_keypoints=0), images=3),
            "no person has a keypoint",
        ),
    ],
)
def test_a_split_with_nothing_to_train_on_is_not_usable(root: Path, said: Any, line: str) -> None:
    write(root / "coco" / VAL, said)
    (root / "coco" / DETECTIONS).unlink()
    assert lines(val(root)) == [line]
    assert not val(root).usable


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({}, NO_LIST),
        ([1], "rows that are no objects: 1 (detections[0])"),
        (
            [{"image_id": 0, "category_id": 1, "bbox": []}],
            f"detected boxes whose 'bbox' is not {BOX}: 1 (box 0: [])",
        ),
        (
            [box(0), box(1, score=float("nan")), box(2, score="0.9")],
            "detected boxes whose 'score' is not a finite number: 2 (box 1: NaN, box 2: \"0.9\")",
        ),
        ([box(0), box(77)], "images with detected boxes, not listed: 1 (id 77)"),
        (
            [box(0, category_id=3)],
            "no detected box is of category person (1), but 1 of category 3",
        ),
        ([], "there is no box in the detections"),
    ],
)
def test_faults_of_detections_are_listed(root: Path, said: Any, line: str) -> None:
    write(root / "coco" / DETECTIONS, said)
    assert lines(val(root))[:1] == [line]
    assert not val(root).usable


def test_image_files_of_no_bytes_are_seen_without_decoding(root: Path) -> None:
    (root / "coco" / "images" / "val2017" / "1.jpg").write_bytes(b"")
    assert lines(val(root)) == ["image files of 0 bytes: 1 (1.jpg)"]


def test_files_that_end_too_early_or_are_no_images_are_found_by_decoding(root: Path) -> None:
    folder = root / "coco" / "images" / "val2017"
    whole = (folder / "0.jpg").read_bytes()
    (folder / "0.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "1.jpg").write_bytes(b"<html>not found</html>")
    assert val(root).usable  # without a look into the files
    assert lines(val(root, images=True)) == [
        "image files that cannot be decoded: 1 (1.jpg)",
        "image files that end too early: 1 (0.jpg)",
    ]


@pytest.mark.parametrize("kept", [0.5, 0.99])
@pytest.mark.parametrize("end", [b"", bytes(1000)])
def test_a_jpeg_without_its_end_is_found(root: Path, kept: float, end: bytes) -> None:
    path = root / "coco" / "images" / "val2017" / "0.jpg"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * (len(whole) - 1))] + end)  # a byte short at least
    assert lines(val(root, images=True)) == ["image files that end too early: 1 (0.jpg)"]


@pytest.mark.parametrize("end", [b"", bytes(1000)])
def test_a_jpeg_with_all_of_its_pixels_and_no_end_is_looked_at(root: Path, end: bytes) -> None:
    path = root / "coco" / "images" / "val2017" / "0.jpg"
    path.write_bytes(path.read_bytes()[:-1] + end)
    split = val(root, images=True)
    assert lines(split) == []
    assert [str(note) for note in split.notes] == [f"{NO_END}: 1 (0.jpg)"]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp"])
def test_other_formats_that_are_cut_short_are_found(root: Path, suffix: str) -> None:
    said = content(images=1)
    said["images"][0]["file_name"] = f"0{suffix}"
    write(root / "coco" / VAL, said)
    write(root / "coco" / DETECTIONS, [box(0)])
    path = root / "coco" / "images" / "val2017" / f"0{suffix}"
    picture(path)
    assert val(root, images=True).usable
    path.write_bytes(path.read_bytes()[:-200])
    assert lines(val(root, images=True)) == [f"image files that cannot be decoded: 1 (0{suffix})"]


def test_sizes_that_differ_from_the_annotated_are_found_by_decoding(root: Path) -> None:
    picture(root / "coco" / "images" / "val2017" / "1.jpg", width=32, height=48)
    picture(root / "coco" / "images" / "val2017" / "2.jpg", width=50, height=32)
    split = val(root, images=True)
    assert lines(split) == [
        "images of another size than annotated: 1 (2.jpg is 50 x 32, not 48 x 32)",
        "images whose annotated width and height are swapped: 1 (1.jpg is 32 x 48, not 48 x 32)",
    ]
    assert not split.usable
    allowed = check("coco", str(root), images=True, allow=("image-sizes",))
    assert next(s for s in allowed.splits if s.name == "val2017").usable


def test_several_processes_find_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrbench.formats.image_files.PER_PROCESS", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    (root / "coco" / "images" / "val2017" / "2.jpg").write_bytes(b"no image")
    assert lines(val(root, images=True)) == ["image files that cannot be decoded: 1 (2.jpg)"]


def test_the_synthetic_set_is_said_to_be_one_and_has_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(dataset: str, *, seed: int, **_: int) -> Path:
        world.make(dataset, tmp_path, images=32, seed=seed, size=(64, 64))
        return tmp_path

    monkeypatch.setattr(world, "cached", make)
    report = check("coco", "builtin", images=True)
    assert report.ok
    assert report.content()["synthetic"]
    assert "A synthetic set that hrbench made" in report.text()
    assert "real set" not in report.text()
    assert [split.faults for split in report.splits] == [(), (), ()]
    with pytest.raises(RunError, match="it has no synthetic set"):
        check("aic", "builtin", images=False)


def dataset(path: Path, format_: str) -> str:
    """A dataset's file of one's own, about the split above; return its name."""
    path.write_text(
        'title = "Mine"\nhomepage = ""\nlicence = ""\ncitation = ""\nfolder = "coco"\n'
        f'format = "{format_}"\nkeypoints = ["a", "b"]\nissuers = {{}}\n'
        f'[splits.all]\nannotations = "{VAL}"\nimages = ["images/val2017"]\n',
        "utf-8",
    )
    return str(path)


def test_a_dataset_of_ones_own_is_a_file(root: Path) -> None:
    report = check(dataset(root / "mine.toml", "coco"), str(root), images=False)
    assert report.dataset == "mine"
    (line,) = lines(report.splits[0])
    assert "its objects have 17 keypoints and the dataset's TOML names 2" in line
    assert not report.ok


def test_names_and_formats_nobody_knows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'coco'"):
        check("cocoo", str(tmp_path), images=False)
    with pytest.raises(SpecError, match="does not exist"):
        check(str(tmp_path / "none.toml"), str(tmp_path), images=False)
    with pytest.raises(UnknownNameError, match=r"no format in .*mine\.toml is called 'yolo'"):
        check(dataset(tmp_path / "mine.toml", "yolo"), str(tmp_path), images=False)


def test_ai_challenger_is_counted_and_its_faults_found(tmp_path: Path) -> None:
    train = catalog.load_dataset("aic").splits["train"]
    folder = tmp_path / "aic" / train.images[0]
    picture(folder / "a.jpg")
    image = {
        "image_id": "a",
        "human_annotations": {"human1": [0, 0, 9, 9]},
        "keypoint_annotations": {"human1": [5, 5, 1] * 14},
    }
    write(tmp_path / "aic" / train.annotations, [image])
    report = check("aic", str(tmp_path), images=True)
    assert report.ok
    facts = report.content()["splits"][0]["annotations"]
    assert (facts["images"], facts["persons"], facts["labelled"]) == (1, 1, 1)
    short = image | {"image_id": "b", "keypoint_annotations": {"human2": [5, 5, 1]}}
    write(tmp_path / "aic" / train.annotations, [image, short])
    assert lines(check("aic", str(tmp_path), images=False).splits[0]) == [
        "keypoints that are not 42 numbers: 1 (id b/human2)",
        "boxes that are not 4 numbers: 1 (id b/human2)",
        "image files that are missing: 1 (b.jpg)",
    ]
