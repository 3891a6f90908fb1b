"""Annotations in COCO's format as people's tools write them: one verdict, and the right figures."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.command import called
from dots import edit_toml
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from worlds import small_weights, small_world

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands import score as scoring
from hrbench.commands.check.check import check
from hrbench.convert.detect import convert
from hrbench.errors import DataError, RunError
from hrbench.formats.coco import reader
from hrbench.metrics.people import Truth
from hrbench.report.record import RunRecord

Row = dict[str, Any]
Edit = Callable[[Any], object]
SIZE = 128  # pixels of the world's images, both ways
SIGMAS = list(catalog.load_dataset("coco").sigmas or ())


def exported(folder: Path, edit: Edit = lambda _: None) -> Path:
    """The annotations of a synthetic world beside its images, as `edit` leaves them."""
    world = small_world() / "coco"
    content = json.loads((world / "annotations/person_keypoints_train2017.json").read_text())
    edit(content)
    folder.mkdir()
    (folder / "images").symlink_to(world / "images/train2017")
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder / "annotations.json"


def each(change: Callable[[Row], object]) -> Edit:
    return lambda content: [change(row) for row in content["annotations"]]


def points(change: Callable[[float, float, float], tuple[float, float, float]]) -> Edit:
    def edit(row: Row) -> None:
        flat = row["keypoints"]
        triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
        row["keypoints"] = [value for triple in triples for value in change(*triple)]

    return each(edit)


def ran(file: Path, out: Path, *allow: str, sigmas: bool = False) -> tuple[RunRecord, Path]:
    """What random weights come to on a converted file, and the run's folder."""
    convert(file, out / "own", allow)
    if sigmas:
        edit_toml(out / "own" / "dataset.toml", lambda said: said.update(sigmas=SIGMAS))
    done = running.run(
        f"{out / 'own' / 'task.toml'}@tiny",
        Options(
            data=str(out / "own"),
            weights=str(small_weights("coco-pose@tiny")),
            allow=allow,
            out=str(out / "runs"),
            workers=0,
            device="cpu",
        ),
    )
    assert done is not None
    return done


def figures(record: RunRecord) -> dict[str, float | None]:
    return {name: found.value for name, found in record.metrics.items()}


def faults(folder: Path) -> list[tuple[str, str]]:
    """The names and words of the fatal faults that check finds."""
    report = check(str(folder / "own" / "dataset.toml"), str(folder / "own"), images=False)
    return [(f.name, str(f)) for split in report.splits for f in split.faults if f.fatal]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | None]:
    folder = tmp_path_factory.mktemp("plain")
    return figures(ran(exported(folder / "in"), folder)[0])


# The visibility flag.


def confidences(content: Any) -> None:
    rng = np.random.default_rng(3)
    points(lambda x, y, v: (x, y, round(rng.uniform(0.31, 0.98), 3) if v else 0))(content)


def test_confidences_where_flags_belong_are_named_and_read_as_pycocotools_reads_them(
    tmp_path: Path,
) -> None:
    file = exported(tmp_path / "in", confidences)
    with pytest.raises(DataError, match=r"a confidence, as a model gives it.*`--allow visibility`"):
        convert(file, tmp_path / "own")
    _, folder = ran(file, tmp_path, "visibility", sigmas=True)
    (name, words), *_ = faults(tmp_path)
    assert (name, "whose visibility is not 0, 1 or 2" in words) == ("visibility", True)
    record = scored(file, folder)
    assert any("--allow visibility" in note for note in record.notes)
    (tmp_path / "twin").mkdir()
    twin = exported(tmp_path / "twin" / "in")
    flags = scored(twin, ran(twin, tmp_path / "twin", sigmas=True)[1])
    assert figures(record) == figures(flags)
    stats = official(file, folder)
    assert 0.1 < stats[0] < 0.9
    assert [record.metrics[name].value for name in ("AP", "AR")] == pytest.approx(
        [100 * stats[0], 100 * stats[5]], abs=1e-9
    )


def scored(file: Path, folder: Path) -> RunRecord:
    """The record of a run as if its poses were near the annotated ones, some of them nearer."""
    rng = np.random.default_rng(5)
    rows = {row["id"]: row for row in json.loads(file.read_text())["annotations"]}
    with np.load(folder / "predictions.npz") as stored:
        kept = dict(stored)
    for index, name in enumerate(kept["sample_ids"].tolist()):
        places = np.reshape(rows[name]["keypoints"], (-1, 3))[:, :2]
        kept["keypoints"][index] = places + rng.normal(0, 1 + index, places.shape)
    kept["scores"][:] = rng.uniform(0.3, 0.9, kept["scores"].shape)
    np.savez_compressed(folder / "predictions.npz", **kept)
    return scoring.score(folder)


def official(file: Path, folder: Path) -> list[float]:
    """Pycocotools' figures of a run's predictions, on the file itself."""
    with np.load(folder / "predictions.npz") as stored:
        keys = ("keypoints", "scores", "box_scores", "image_ids", "scored_images")
        places, scores, boxes, images, measured = (stored[key] for key in keys)
    results = []
    for place, score, box, image in zip(places, scores, boxes, images, strict=True):
        seen = score > np.float32(0.2)
        flat = np.concatenate([place, score[:, None]], axis=1).astype(float).ravel().tolist()
        mean = float(score[seen].mean()) if seen.any() else 0.0
        results.append({"image_id": int(image), "category_id": 1, "keypoints": flat})
        results[-1]["score"] = mean * float(box)
    content = json.loads(file.read_text())
    for key, name in (("images", "id"), ("annotations", "image_id")):
        content[key] = [row for row in content[key] if row[name] in set(measured.tolist())]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = content
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return list(map(float, evaluation.stats))


def test_a_wrong_reading_differs_from_pycocotools_which_reads_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*args: Any) -> Truth:
        people = right(*args)
        people.visibility[:, ::2] = 0
        people.num_keypoints[:] = (people.visibility > 0).sum(axis=1)
        return people

    file = exported(tmp_path / "in")
    _, folder = ran(file, tmp_path, sigmas=True)
    record = scored(file, folder)
    assert scoring.score(folder, official=True).seal == record.seal
    right = reader.truth
    monkeypatch.setattr(reader, "truth", half)
    with pytest.raises(RunError, match="by pycocotools"):
        scoring.score(folder, official=True)


def corners(row: Row) -> None:
    x, y, width, height = row["bbox"]
    row["bbox"] = [x, y, x + width, y + height]


REFUSED: dict[str, tuple[Edit, str]] = {
    "a confidence": (points(lambda x, y, v: (x, y, 0.87 if v else 0)), "visibility"),
    "a flag of 3": (points(lambda x, y, v: (x, y, 3 if v else 0)), "visibility"),
    "0 throughout": (points(lambda x, y, _: (x, y, 0)), ""),
    "absent, labelled": (points(lambda x, y, v: (x, y, v) if v else (0, 0, 2)), "origin"),
    "all crowd": (each(lambda row: row.update(iscrowd=1)), "crowd"),
    "corners": (each(corners), "corners"),
    "0 to 1": (points(lambda x, y, v: (x / SIZE, y / SIZE, v)), "unit"),
    "boxes in 0 to 1": (
        each(lambda row: row.update(bbox=[value / SIZE for value in row["bbox"]])),
        "unit",
    ),
    "two tables": (
        lambda content: content["annotations"].extend(
            row | {"id": row["id"] + 10**6} for row in list(content["annotations"])
        ),
        "twice",
    ),
    "x and y alone": (
        each(lambda r: r.update(keypoints=[v for i, v in enumerate(r["keypoints"]) if i % 3 < 2])),
        "",
    ),
    "no sizes": (lambda content: [image.pop("width") for image in content["images"]], ""),
    "another key for the image": (each(lambda r: r.update(item_id=r.pop("image_id"))), ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_implausible_is_refused_at_convert_as_by_run_and_named(
    case: str, tmp_path: Path
) -> None:
    edit, name = REFUSED[case]
    file = exported(tmp_path / "in", edit)
    with pytest.raises(DataError) as refused:
        convert(file, tmp_path / "own")
    assert ("`--allow" in str(refused.value)) == bool(name)
    assert not (tmp_path / "own").exists()
    convert(exported(tmp_path / "right"), tmp_path / "own")
    edit_toml(
        tmp_path / "own" / "dataset.toml",
        lambda said: [s.update(annotations=str(file)) for s in said["splits"].values()],
    )
    assert faults(tmp_path)[0][0] == name
    options = Options(data=str(tmp_path / "own"), out=str(tmp_path / "runs"), device="cpu")
    with pytest.raises(DataError) as by_run:
        running.run(f"{tmp_path / 'own' / 'task.toml'}@tiny", options)
    assert str(by_run.value).endswith(str(refused.value).removeprefix(str(file)))
    assert not (tmp_path / "runs").exists()


def negative(row: Row) -> None:
    row["bbox"] = [row["bbox"][0], row["bbox"][1], -5, 10]
    row["area"] = -50


def boxless(row: Row) -> None:
    row.pop("bbox")
    row.pop("area")


SAME: dict[str, Edit] = {
    "-1 for absent": points(lambda x, y, v: (x, y, v) if v else (-1, -1, -1)),
    "a wrong count": each(lambda row: row.update(num_keypoints=17)),
    "a count of 0": each(lambda row: row.update(num_keypoints=0)),
    "no area": each(lambda row: row.update(area=None)),
    "nested": each(
        lambda row: row.update(keypoints=np.reshape(row["keypoints"], (-1, 3)).tolist())
    ),
    "null where not labelled": points(lambda x, y, v: (x, y, v) if v else (None, None, 0)),  # type: ignore[return-value,arg-type]  # as the file has it
    "whole numbers with a point": lambda content: (
        [image.update(id=float(image["id"])) for image in content["images"]],
        each(lambda row: row.update(image_id=float(row["image_id"]), id=float(row["id"])))(content),
    ),
    "ids in quotes": lambda content: (
        [image.update(id=str(image["id"])) for image in content["images"]],
        each(lambda row: row.update(image_id=str(row["image_id"]), id=str(row["id"])))(content),
    ),
    "ids of text": lambda content: (
        [image.update(id=f"img-{image['id']:x}") for image in content["images"]],
        each(lambda row: row.update(image_id=f"img-{row['image_id']:x}"))(content),
    ),
    "ids of one": each(lambda row: row.update(id=1)),
    "no ids": each(lambda row: row.pop("id")),
    "true and false": each(lambda row: row.update(iscrowd=False)),
    "an object without keypoints": lambda content: content["annotations"].append(
        {"image_id": content["images"][0]["id"], "category_id": 1, "bbox": [1, 1, 30, 30]}
    ),
    "an empty track": lambda content: content["annotations"].append(
        content["annotations"][0]
        | {"id": 7, "keypoints": [], "num_keypoints": 0, "area": 0, "bbox": [0, 0, 0, 0]}
    ),
    "an image that is not listed": lambda content: content["annotations"].append(
        content["annotations"][0] | {"id": 7, "image_id": 77}
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_says_the_same_gives_the_same_figures(
    case: str, tmp_path: Path, plain: dict[str, float | None]
) -> None:
    record, _ = ran(exported(tmp_path / "in", SAME[case]), tmp_path)
    assert figures(record) == plain


@pytest.mark.parametrize(
    "edit",
    [
        each(lambda row: row.update(bbox=None, area=0)),
        each(lambda row: row.update(bbox=[], area=None)),
        each(lambda row: row.update(bbox=[0.0, 0.0, 0.0, 0.0], area=0)),
        each(negative),
    ],
)
def test_a_box_and_an_area_of_nothing_are_derived_as_where_there_are_none(
    edit: Edit, tmp_path: Path
) -> None:
    (tmp_path / "twin").mkdir()
    record, _ = ran(exported(tmp_path / "in", edit), tmp_path)
    twin, _ = ran(exported(tmp_path / "twin" / "in", each(boxless)), tmp_path / "twin")
    assert figures(record) == figures(twin)
    assert record.groups["objects"] == {"measured": record.n.objects, "without_pose": 0}
    assert f"{record.n.objects} of the {record.n.objects} objects measured have no box" in " ".join(
        record.notes
    )


# What is left out.


def test_everything_left_out_is_the_message(tmp_path: Path) -> None:
    file = exported(tmp_path / "in", each(lambda row: row.update(iscrowd=1)))
    words = r"val has nothing to predict on: all is left out, \d+ objects marked as crowd$"
    with pytest.raises(RunError, match=words):
        ran(file, tmp_path, "crowd")


def test_what_is_left_out_is_counted_by_why_and_printed(tmp_path: Path) -> None:
    def edit(content: Any) -> None:
        content["categories"].append({"id": 2, "name": "ball", "keypoints": []})
        rows, (first, *_) = content["annotations"], content["images"]
        ball = {"image_id": first["id"], "bbox": [1, 1, 9, 9], "category_id": 2}
        nobody = {"image_id": first["id"], "bbox": [1, 1, 9, 9], "category_id": 1}
        rows += [ball, ball, nobody, rows[0] | {"id": 5, "image_id": 77}]

    convert(exported(tmp_path / "in", edit), tmp_path / "own")
    dataset = tmp_path / "own" / "dataset.toml"
    edit_toml(dataset, lambda said: [split.pop("part") for split in said["splits"].values()])
    task = f"{tmp_path / 'own' / 'task.toml'}@tiny"
    weights = ["--weights", str(small_weights("coco-pose@tiny"))]
    ended = called(tmp_path, "run", task, "--data", str(tmp_path / "own"), *weights, "--json")
    record = json.loads(ended.out)["record"]
    assert record["left_out"]["measured"] == {
        "objects without a labelled keypoint": 1,
        "objects of a category without keypoints": 2,
        "objects of images that are not listed": 1,
    }
    (line,) = [line for line in ended.err.splitlines() if line.startswith("left out of")]
    assert "2 objects of a category without keypoints" in line


def test_a_count_of_0_everywhere_is_no_ap_of_nobody(tmp_path: Path) -> None:
    file = exported(tmp_path / "in", each(lambda row: row.update(num_keypoints=0)))
    with pytest.raises(DataError, match=r"num_keypoints is 0 in all \d+ objects that are measured"):
        ran(file, tmp_path, sigmas=True)


# Counts, figures beside AP, lengths.


def test_images_and_objects_are_counted_and_pck_stands_beside_ap(
    tmp_path: Path, plain: dict[str, float | None]
) -> None:
    record, _ = ran(exported(tmp_path / "in"), tmp_path, sigmas=True)
    assert (record.n.evaluated, record.n.images) == (3, 3)
    assert record.headline == "AP"
    own = ("PCK@0.1", "PCK@0.05", "PCK@0.2", "NME")
    assert {name: figures(record)[name] for name in own} == {name: plain[name] for name in own}
    assert record.n.objects == record.groups["objects"]["measured"]  # type: ignore[index,call-overload]  # JSON
    assert record.n.words == f"3 images, {record.n.objects} objects"


def several_lengths(content: Any) -> None:
    """As Human-Art: 21 names, and 17 points in 'keypoints' beside 21 in 'keypoints_21'."""
    content["categories"][0]["keypoints"] += [
        "left_toe",
        "right_toe",
        "left_finger",
        "right_finger",
    ]
    for row in content["annotations"]:
        row["keypoints_21"] = [*row["keypoints"], *([0, 0, 0] * 4)]


def more_names_than_points(content: Any) -> None:
    several_lengths(content)
    for row in content["annotations"]:
        row.pop("keypoints_21")


def test_lengths_that_disagree_are_said_as_they_are_and_a_field_can_be_named(
    tmp_path: Path,
) -> None:
    convert(exported(tmp_path / "right"), tmp_path / "own")
    file = exported(tmp_path / "in", several_lengths)
    summary = convert(file, tmp_path / "other")
    assert "21 keypoints are those of 'keypoints_21'" in summary.text()
    made = catalog.load_dataset(str(tmp_path / "other" / "dataset.toml"))
    assert (made.keypoints_field, len(made.keypoints)) == ("keypoints_21", 21)
    assert check(str(tmp_path / "other" / "dataset.toml"), str(tmp_path / "other"), images=False).ok
    alone = exported(tmp_path / "alone", more_names_than_points)
    with pytest.raises(DataError, match="its objects have 17 keypoints and its category names 21"):
        convert(alone, tmp_path / "none")
    dataset = tmp_path / "own" / "dataset.toml"
    edit_toml(
        dataset, lambda said: [s.update(annotations=str(file)) for s in said["splits"].values()]
    )
    assert faults(tmp_path) == []  # 17 names, 17 points
    names = json.loads(file.read_text())["categories"][0]["keypoints"]
    edit_toml(dataset, lambda said: said.update(keypoints=names))
    (_, words), *_ = faults(tmp_path)
    assert "its objects have 17 keypoints in 'keypoints', its category lists 21" in words
    assert 'keypoints_field = "keypoints_21"' in words
    edit_toml(dataset, lambda said: said.update(keypoints_field="keypoints_21"))
    assert faults(tmp_path) == []


# Training and measuring on the same images.


@pytest.mark.parametrize("copied", [False, True])
def test_measuring_what_was_trained_on_is_said_by_check_and_run(
    copied: bool, tmp_path: Path
) -> None:
    convert(exported(tmp_path / "in"), tmp_path / "own")
    dataset = tmp_path / "own" / "dataset.toml"
    edit_toml(dataset, lambda said: [split.pop("part") for split in said["splits"].values()])
    if copied:
        images = tmp_path / "copies"
        images.mkdir()
        for path in (tmp_path / "in" / "images").iterdir():
            (images / f"copy-{path.name}").write_bytes(path.read_bytes())
        content = json.loads((tmp_path / "in" / "annotations.json").read_text())
        for image in content["images"]:
            image["file_name"] = f"copy-{image['file_name']}"
        (tmp_path / "copies.json").write_text(json.dumps(content))
        places = {"annotations": str(tmp_path / "copies.json"), "images": [str(images)]}
        edit_toml(dataset, lambda said: said["splits"]["val"].update(places))
    words = "of the 16 images that are measured are trained on too"
    report = check(str(dataset), str(tmp_path / "own"), images=False)
    assert report.ok
    assert any(f"train and val: 16 {words}" in str(note) for note in report.notes)
    done = running.run(
        f"{tmp_path / 'own' / 'task.toml'}@tiny",
        Options(
            data=str(tmp_path / "own"),
            out=str(tmp_path / "runs"),
            epochs=1,
            overrides=("model.input=[64, 64]",),
            workers=0,
            device="cpu",
        ),
    )
    assert done is not None
    assert any(words in note for note in done[0].notes)
    assert any(words in note for note in scoring.score(done[1]).notes)


def test_parts_of_a_file_share_no_image(tmp_path: Path) -> None:
    convert(exported(tmp_path / "in"), tmp_path / "own")
    report = check(str(tmp_path / "own" / "dataset.toml"), str(tmp_path / "own"), images=False)
    assert not any("trained on too" in str(note) for note in report.notes)


@pytest.mark.parametrize("name", ["coco", "crowdpose", "300w", "mpii"])
def test_the_official_layout_shares_none_and_has_no_fault(name: str) -> None:
    report = check(name, str(small_world(dataset=name)), images=False)
    assert report.notes == ()
    assert not [f for s in report.splits for f in s.faults if f.name]
