"""Parts of one's own data that share no group, as scikit-learn divides them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dots import ANNOTATIONS, BRIEF, DATASET, TASK, edit_json, edit_toml
from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold
from videos import divide, listed, write_videos

from hrbench import catalog
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.check.check import check
from hrbench.data.divided import TEST, TRAINING, VALIDATION
from hrbench.data.images import read_image
from hrbench.errors import DataError, RunError, SpecError
from hrbench.formats.division import divided
from hrbench.report import runs
from hrbench.report.record import RunRecord
from hrbench.road import again
from hrbench.spec import DatasetSpec
from hrbench.spec.division import Division

NAMES = [f"v{video}/{frame}.png" for video in range(10) for frame in range(4)]
PATTERN = r"(?P<video>v\d+)/"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    return write_videos(tmp_path / "videos")


def spec(**table: Any) -> DatasetSpec:
    return DatasetSpec.model_validate(
        {
            "name": "mine",
            "title": "mine",
            "format": "coco",
            "folder": ".",
            "keypoints": ["nose"],
            "splits": {
                "train": {"annotations": "a.json", "part": "training"},
                "val": {"annotations": "a.json", "part": "validation"},
            },
            "split": table,
        }
    )


def ran(folder: Path, out: Path, **options: Any) -> tuple[RunRecord, Path]:
    given = {"data": str(folder), "overrides": BRIEF, "workers": 0, "device": "cpu", **options}
    done = running.run(f"{folder / TASK}@tiny", Options(out=str(out), **given))
    assert done is not None
    return done


def test_no_group_is_on_two_sides_and_the_shares_are_kept() -> None:
    how = divided(NAMES, spec(by="video", pattern=PATTERN, validation=0.2, test=0.3))
    parts = {part: set(how.groups(part)) for part in how.parts}
    assert {part: len(groups) for part, groups in parts.items()} == {
        TRAINING: 5,
        VALIDATION: 2,
        TEST: 3,
    }
    assert set.union(*parts.values()) == {f"v{video}" for video in range(10)}
    assert [len(how.images(part)) for part in (TRAINING, VALIDATION, TEST)] == [20, 8, 12]


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_groups_of_one_size_are_held_out_as_scikit_learn_draws_them(seed: int) -> None:
    how = divided(NAMES, spec(by="video", pattern=PATTERN, validation=0.3, seed=seed))
    names = np.array(sorted(NAMES))
    groups = [name.split("/")[0] for name in names]
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=seed)
    _, test = next(splitter.split(names, groups=groups))
    assert set(how.images(VALIDATION)) == set(names[test])


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_folds_are_those_of_scikit_learn(fold: int) -> None:
    strata = ["night" if "v1" in name or "v7" in name else "day" for name in NAMES]
    rule = {"by": "video", "pattern": PATTERN, "stratify": "light", "folds": 3, "fold": fold}
    how = divided(NAMES, spec(**rule, seed=4), {"light": [[one] for one in strata]})
    order = np.argsort(NAMES)
    names, light = np.array(NAMES)[order], np.array(strata)[order]
    groups = [name.split("/")[0] for name in names]
    splitter = StratifiedGroupKFold(3, shuffle=True, random_state=4)
    _, test = list(splitter.split(names, light, groups))[fold - 1]
    assert set(how.images(VALIDATION)) == set(names[test])


def test_every_image_validates_in_one_fold_and_none_of_the_test() -> None:
    found: list[str] = []
    kept = set()
    for fold in range(1, 6):
        how = divided(NAMES, spec(by="video", pattern=PATTERN, test=0.2, folds=5, fold=fold))
        found += how.images(VALIDATION)
        kept.add(tuple(how.images(TEST)))
    assert len(kept) == 1
    assert sorted([*found, *kept.pop()]) == sorted(NAMES)


def test_the_order_of_the_images_decides_nothing() -> None:
    rule = spec(by="video", pattern=PATTERN, stratify="folder", test=0.2)
    one, other = divided(NAMES, rule), divided(NAMES[::-1], rule)
    assert one.fingerprint == other.fingerprint
    assert set(one.images(VALIDATION)) == set(other.images(VALIDATION))
    assert one.fingerprint != divided(NAMES, spec(by="video", pattern=PATTERN)).fingerprint


@pytest.mark.parametrize("seed", range(5))
def test_strata_are_shared_out_evenly(seed: int) -> None:
    species = ["cat" if video < 5 else "dog" for video in range(10) for _ in range(4)]
    rule = spec(by="video", pattern=PATTERN, stratify="species", validation=0.4, seed=seed)
    how = divided(NAMES, rule, {"species": [[one] for one in species]})
    held_out = set(how.images(VALIDATION))
    assert [species[NAMES.index(name)] for name in sorted(held_out)].count("cat") == 8
    assert len(held_out) == 16


@pytest.mark.parametrize("seed", range(5))
def test_groups_of_unequal_size_come_near_to_the_share_of_images(seed: int) -> None:
    names = [
        f"v{video}/{frame}.png" for video in range(12) for frame in range(1 + 10 * (video % 3))
    ]
    how = divided(names, spec(by="video", pattern=PATTERN, validation=0.25, seed=seed))
    assert abs(len(how.images(VALIDATION)) / len(names) - 0.25) < 0.02


def test_an_image_of_two_animals_joins_the_images_of_both() -> None:
    names = ["a.png", "b.png", "c.png", "d.png"]
    how = divided(
        names, spec(by="animal", validation=0.4), {"animal": [["x"], ["x", "y"], ["y"], []]}
    )
    assert how.group.tolist() == ["x+y", "x+y", "x+y", "d.png"]


def test_one_group_cannot_be_divided() -> None:
    with pytest.raises(DataError, match=r"split: 1 folder \(v\), and training and validation"):
        divided(["v/1.png", "v/2.png"], spec(by="folder"))
    with pytest.raises(DataError, match="split: 10 videos, and 12 folds need 12"):
        divided(NAMES, spec(by="video", pattern=PATTERN, folds=12, fold=1))


def test_a_pattern_that_finds_nothing_names_the_images() -> None:
    with pytest.raises(DataError, match=r"finds nothing in 1 of 2 names of images \(x.png\)"):
        divided(["v1/1.png", "x.png"], spec(by="video", pattern=PATTERN))


def test_the_parts_are_of_one_file() -> None:
    said = spec(by="video").plain()
    said["splits"]["val"]["annotations"] = "b.json"
    with pytest.raises(ValueError, match=r"split: it divides the images of one file, not of 2"):
        DatasetSpec.model_validate(said)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"by": "video", "pattern": "(?P<clip>.)"}, r"write \(\?P<video>…\) in it"),
        ({"by": "video", "pattern": "("}, "pattern: missing"),
        ({"validation": 0.6, "test": 0.4}, "nothing is left to train on"),
        ({"folds": 3, "fold": 4}, "one of 1 … folds"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Division.model_validate(table)


def test_a_file_says_its_shares_in_one_place(videos: Path) -> None:
    edit_toml(videos / DATASET, lambda said: said.update(validation_share=0.3, split={"test": 0.1}))
    with pytest.raises(SpecError, match=r"validation_share: the table \[split\] says validation"):
        catalog.load_dataset(str(videos / DATASET))


@pytest.mark.parametrize("by", ["video", "animal"])
def test_check_and_run_divide_by_a_field_of_images_or_annotations(
    videos: Path, tmp_path: Path, by: str
) -> None:
    divide(videos, by=by, validation=0.34)
    report = check(str(videos / DATASET), str(videos), images=False)
    count = {"video": "4 videos", "animal": "2 animals"}[by]
    assert f"divided      by {by}, seed 0: training 20 images of {count}" in report.text()
    record, folder = ran(videos, tmp_path / "out")
    said = listed(folder)
    videos_of = {"video": 1, "animal": 2}[by]  # images/v3_0004.png
    sides = [{int(name[8]) // videos_of for name in said[part]} for part in (TRAINING, VALIDATION)]
    assert not sides[0] & sides[1]
    assert record.division is not None
    assert record.division.images == {TRAINING: 20, VALIDATION: 10}
    assert record.division.groups == {k: len(v) for k, v in said["groups"].items()}
    assert record.n.evaluated == 10
    assert record.uncertainty is not None
    drawn = {"video": 2, "animal": 1}[by]
    assert (record.uncertainty.unit, record.uncertainty.units) == ("group", drawn)
    assert runs.read(folder).division == record.division


def test_a_part_is_kept_out_for_a_test(videos: Path, tmp_path: Path) -> None:
    divide(videos, by="video", validation=0.2, test=0.2)

    def with_test(said: Any) -> None:
        said["splits"]["test"] = {**said["splits"]["val"], "part": "test"}

    edit_toml(videos / DATASET, with_test)
    record, folder = ran(videos, tmp_path / "out")
    said = listed(folder)
    measured, other = ran(
        videos, tmp_path / "out", weights=str(folder / "checkpoints" / "last.pt"), split="test"
    )
    assert (record.n.evaluated, measured.n.evaluated) == (5, 5)
    assert listed(other) == said
    assert len(said[TRAINING]) == 20
    assert not any("has images of what is measured" in note for note in measured.notes)


def test_a_run_whose_images_are_divided_otherwise_now_is_not_scored(
    videos: Path, tmp_path: Path
) -> None:
    divide(videos, by="video")
    _, folder = ran(videos, tmp_path / "out")
    evaluation = again.evaluation_of(again.opened(folder))
    assert evaluation.division is not None
    edit_json(folder / "run.json", lambda state: state.update(division="0" * 64))
    with pytest.raises(RunError, match="another version of scikit-learn may do so"):
        again.evaluation_of(again.opened(folder))


def test_a_field_that_nothing_has_is_refused_with_those_that_there_are(videos: Path) -> None:
    divide(videos, by="mouse")
    report = check(str(videos / DATASET), str(videos), images=False)
    words = "no image or annotation has 'mouse' (images have id, file_name, width, height, video;"
    assert not report.ok
    assert words in " ".join(report.text().split())


def test_images_without_the_field_are_named(videos: Path, tmp_path: Path) -> None:
    divide(videos, by="video")
    edit_json(videos / ANNOTATIONS, lambda content: content["images"][3].pop("video"))
    with pytest.raises(DataError, match=r"images without 'video'.*: 1 \(images/v0_0003.png\)"):
        ran(videos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_attributes_of_annotations_count_as_their_fields(videos: Path) -> None:
    def move(content: Any) -> None:
        for row in content["annotations"]:
            row["attributes"] = {"animal": row.pop("animal")}

    divide(videos, by="animal", validation=0.34)
    before = check(str(videos / DATASET), str(videos), images=False).text()
    edit_json(videos / ANNOTATIONS, move)
    after = check(str(videos / DATASET), str(videos), images=False).text()
    assert before[before.index("divided") :][:90] == after[after.index("divided") :][:90]


def test_a_run_without_a_table_says_nothing_of_it(videos: Path, tmp_path: Path) -> None:
    record, folder = ran(videos, tmp_path / "out", allow=("neighbours",))
    assert record.division is None
    assert "division" not in json.loads((folder / "record.json").read_text())
    assert set(listed(folder)) == {TRAINING, VALIDATION}


def test_what_a_field_has_on_both_sides_is_said_and_recorded(videos: Path, tmp_path: Path) -> None:
    divide(videos, validation=0.5)  # image by image
    report = " ".join(check(str(videos / DATASET), str(videos), images=False).text().split())
    words = "values of 'animal' are trained on and measured too (mouse0, mouse1, mouse2)"
    assert f'3 of the 3 {words}: by = "animal" in [split] keeps them apart' in report
    record, folder = ran(videos, tmp_path / "out", allow=("neighbours",))
    assert any(words in note for note in record.notes)
    evaluation = again.evaluation_of(again.opened(folder))
    assert not any(words in note for note in evaluation.allowed)  # older records are verified by it
    divide(videos, by="video", validation=0.5)
    report = check(str(videos / DATASET), str(videos), images=False).text()
    assert "keeps them apart" not in report


def test_a_run_of_before_neighbours_were_looked_for_can_go_on(videos: Path, tmp_path: Path) -> None:
    record, folder = ran(videos, tmp_path / "out", allow=("neighbours",))
    (folder / "record.json").unlink()
    edit_json(folder / "run.json", lambda said: said.update(notes=[]))
    edit_json(folder / "run.json", lambda said: said["options"].update(allow=[]))
    with pytest.raises(DataError, match=r"`--allow neighbours` goes on all the same"):
        running.resume(folder)
    done = running.resume(folder, allow=("neighbours",))
    assert done is not None
    assert done[0].metrics == record.metrics
    assert any("(--allow neighbours)" in note for note in done[0].notes)


def test_a_split_that_leaks_measures_better_than_an_honest_one(tmp_path: Path) -> None:
    """Of what only looks up the nearest picture that it was shown."""
    videos = write_videos(tmp_path / "videos", videos=8, frames=8)
    content = json.loads((videos / ANNOTATIONS).read_text())
    names = [image["file_name"] for image in content["images"]]
    points = np.array([row["keypoints"] for row in content["annotations"]]).reshape(-1, 3, 3)
    pictures = np.array([read_image(videos / name).ravel() for name in names], np.float64)

    def error(**table: Any) -> float:
        part = divided(names, spec(**table)).part
        shown, asked = np.flatnonzero(part == TRAINING), np.flatnonzero(part == VALIDATION)
        apart = np.abs(pictures[asked, None] - pictures[None, shown]).mean(axis=2)
        nearest = points[shown[apart.argmin(axis=1)], :, :2]
        return float(np.linalg.norm(nearest - points[asked, :, :2], axis=2).mean())

    leaking = error(validation=0.25)
    honest = error(by="video", pattern=r"(?P<video>v\d+)_", validation=0.25)
    assert leaking < 2  # pixels: a point moves by 0.6 a frame, and pictures have 64
    assert honest > 4 * leaking


def test_check_says_which_folders_are_on_both_sides(videos: Path) -> None:
    def by_folder(content: Any) -> None:
        for image in content["images"]:
            name = image["file_name"].replace("images/", "").replace("_", "/")
            (videos / "images" / name).parent.mkdir(exist_ok=True)
            (videos / image["file_name"]).rename(videos / "images" / name)
            image["file_name"] = f"images/{name}"

    edit_json(videos / ANNOTATIONS, by_folder)
    divide(videos, validation=0.5)
    said = " ".join(check(str(videos / DATASET), str(videos), images=False).text().split())
    assert "folders with images on both sides; where each is a video or an animal" in said
    divide(videos, by="folder", validation=0.34)
    report = check(str(videos / DATASET), str(videos), images=False)
    assert report.ok
    assert "on both sides" not in report.text()


def test_the_folder_that_names_begin_in_is_called_so(videos: Path) -> None:
    def to_the_top(content: Any) -> None:
        for image in content["images"][:20]:
            name = Path(image["file_name"]).name
            (videos / image["file_name"]).rename(videos / name)
            image["file_name"] = name

    edit_json(videos / ANNOTATIONS, to_the_top)
    divide(videos, validation=0.5)
    said = " ".join(check(str(videos / DATASET), str(videos), images=False).text().split())
    assert "keeps them apart (docs/splits.md): 2 (., images)" in said


@pytest.mark.parametrize("table", [{"by": "vidio"}, {"by": "video", "stratify": "vidio"}])
def test_check_divides_nothing_by_a_field_that_is_not_there(
    videos: Path, table: dict[str, str]
) -> None:
    divide(videos, **table)
    said = " ".join(check(str(videos / DATASET), str(videos), images=False).text().split())
    assert "no image or annotation has 'vidio'" in said
    assert "divided by" not in said
    assert "of each image" not in said
    assert "images listed" not in said


def test_one_group_that_is_measured_has_no_interval_and_says_why(
    videos: Path, tmp_path: Path
) -> None:
    divide(videos, by="video", validation=0.1)
    record, _ = ran(videos, tmp_path / "out")
    assert record.metrics["NME"].low is None
    assert record.uncertainty is not None
    assert record.uncertainty.notes[0].startswith("All that is measured is of one group")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"validation": 0.2, "test": 0.75}, r"1 video \(v\d\) beside the test, and training"),
        ({"test": 0.5, "folds": 3, "fold": 1}, r"2 videos beside the test, and 3 folds"),
        ({"folds": 3, "fold": 1, "stratify": "frame"}, "no value of 'frame' is that of 3 images"),
    ],
)
def test_too_few_are_left_in_one_sentence(table: dict[str, Any], words: str) -> None:
    names = [f"v{video}/{frame}.png" for video in range(4) for frame in range(2)]
    frames = {"frame": [[name] for name in names]}
    with pytest.raises(DataError, match=words):
        divided(names, spec(by="video", pattern=PATTERN, **table), frames)


def test_what_is_shared_out_on_purpose_is_no_leak() -> None:
    shown = {"session": [[name[1]] for name in NAMES], "class": [["cat"]] * len(NAMES)}
    assert divided(NAMES, spec(stratify="session"), shown).leaking == ()
    (words,) = divided(NAMES, spec(stratify="class"), shown).leaking
    assert "of the 10 values of 'session'" in words
