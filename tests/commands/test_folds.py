"""`hrbench run --folds`: networks on group-wise folds, what they come to together, and beside."""

import json
import math
import shutil
from pathlib import Path

import pytest
from cli.command import called, refused, scratch
from dots import BRIEF, DATASET, edit_json, edit_toml
from scipy import stats
from videos import divide, listed, write_videos

from hrbench.begun import folder as run_folder
from hrbench.commands.compare import folds as beside
from hrbench.report import runs
from hrbench.report.repeats import repeats

SET = [word for key in BRIEF for word in ("--set", key.replace("epochs=1", "epochs=2"))]
RUN = ("run", "videos/task.toml@tiny", *SET, "--workers", "0", "--device", "cpu")
MADE: list[Path] = []


@pytest.fixture
def place() -> Path:
    """Two cross-validations of two folds, of two seeds; made once, so left as they are."""
    if not MADE:
        folder = scratch()
        divide(write_videos(folder / "videos", videos=4), by="video")
        for seed in ("0", "1"):
            ended = called(folder, *RUN, "--folds", "2", "--seed", seed, "--json")
            assert ended.status == 0, ended.err
            (folder / f"seed{seed}.json").write_text(ended.out, "utf-8")
        MADE.append(folder)
    return MADE[0]


def folders(place: Path) -> list[Path]:
    """The runs by seed and fold; of one second's, their names have no order."""

    def which(path: Path) -> tuple[int, int | None]:
        options = run_folder.read(path)[2].options
        return options.seed, options.fold

    return sorted((place / "results/runs/videos").iterdir(), key=which)


@pytest.mark.slow
def test_folds_measure_every_image_once_and_their_mean_has_its_interval(place: Path) -> None:
    said = json.loads((place / "seed0.json").read_text())
    measured = [listed(place / one["run"])["validation"] for one in said["runs"]]
    assert sorted(name for fold in measured for name in fold) == [
        f"images/v{video}_{frame:04}.png" for video in range(4) for frame in range(5)
    ]
    assert not {name[:9] for name in measured[0]} & {name[:9] for name in measured[1]}
    values = [one["record"]["metrics"]["NME"]["value"] for one in said["runs"]]
    spread = said["metrics"]["NME"]
    assert spread["mean"] == pytest.approx(sum(values) / 2)
    # Two folds, each of which measures as many images as it trains on.
    reach = stats.t.ppf(0.975, 1) * math.sqrt((1 / 2 + 1) * (values[0] - values[1]) ** 2 / 2)
    assert spread["high"] == pytest.approx(spread["mean"] + reach)
    assert spread["low"] == pytest.approx(max(spread["mean"] - reach, 0))
    table = called(place, "report").out
    assert table.count("2 folds") == 2
    assert "corrected resampled t" in table


@pytest.mark.slow
def test_folds_that_have_a_record_are_not_run_again_and_others_go_on(place: Path) -> None:
    first, second = folders(place)[:2]
    figures = runs.read(second).metrics
    (second / "record.json").unlink()
    again = called(place, *RUN, "--folds", "2", "--json")
    assert again.status == 0, again.err
    assert f"fold 1 of 2 has a record: {first.relative_to(place)}" in again.err
    assert f"fold 2 of 2: goes on with {second.relative_to(place)}" in again.err
    assert len(folders(place)) == 4
    assert runs.read(second).metrics == figures
    annotations = place / "videos/annotations.json"
    before = annotations.read_bytes()
    edit_json(annotations, lambda said: said["annotations"].pop())
    changed = called(place, *RUN, "--folds", "2", "--json")
    annotations.write_bytes(before)
    made = [folder for folder in folders(place) if str(folder.relative_to(place)) in changed.out]
    for folder in made:
        shutil.rmtree(folder)
    assert "has a record" not in changed.err
    assert len(made) == 2


@pytest.mark.slow
def test_cross_validations_are_compared_fold_by_fold(place: Path) -> None:
    every = folders(place)
    records = [runs.read(folder) for folder in every]
    assert [one.label for one in repeats(records)] == ["2 folds", "2 folds"]
    found = beside.compared(str(every[1]), str(every[2]), "NME").figures[0]
    values = [record.metrics["NME"].value or 0 for record in records]
    differences = [values[2] - values[0], values[3] - values[1]]
    assert found.difference.value == pytest.approx(sum(differences) / 2)
    ended = called(place, "compare", str(every[0]), str(every[3]), "--folds", "--metric", "NME")
    assert "2 folds of videos, paired by their number" in ended.out
    spread = math.sqrt((1 / 2 + 1) * (differences[0] - differences[1]) ** 2 / 2)
    assert found.difference.p == pytest.approx(
        2 * stats.t.sf(abs(sum(differences) / 2 / spread), 1)
    )
    ended = called(place, "compare", str(every[0]), str(every[1]), "--folds")
    refused(ended, [f"{records[1].id[:8]} is a fold of both"])
    record = (every[3] / "record.json").rename(every[3] / "away")
    ended = called(place, "compare", str(every[0]), str(every[2]), "--folds")
    record.rename(every[3] / "record.json")
    refused(ended, ["1 of 2 folds have a record; `hrbench run --folds` goes on with the others"])


@pytest.mark.slow
def test_a_fold_is_repeated_and_scored_by_itself(place: Path) -> None:
    second = folders(place)[1]
    ended = called(place, "score", str(second), "--json")
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["record"]["division"]["fold"] == 2
    said = " ".join(called(place, "report", str(second)).out.split())
    assert "by video, seed 0, fold 2 of 2: training 10 images in 2 groups" in said
    assert called(place, "verify", str(second)).status == 0


def test_folds_are_of_images_of_one_file(tmp_path: Path) -> None:
    write_videos(tmp_path / "videos")
    edit_toml(
        tmp_path / "videos" / DATASET,
        lambda said: said["splits"]["val"].update(annotations="others.json"),
    )
    ended = called(tmp_path, *RUN, "--data", "videos", "--folds", "3")
    refused(ended, ["--folds divides the images of one file, and videos does not say"])
    edit_toml(
        tmp_path / "videos" / DATASET,
        lambda said: [split.pop("part") for split in said["splits"].values()],
    )
    ended = called(tmp_path, *RUN, "--data", "videos", "--folds", "3")
    refused(ended, ["--folds divides the images of one file, and videos does not say"])
    ended = called(tmp_path, "run", "coco-pose", "--folds", "3", "--data", "builtin")
    refused(ended, ["for data of one's own", "coco has published splits, which stay as they are"])


def test_folds_go_with_neither_seeds_nor_weights(tmp_path: Path) -> None:
    for more in (("--seeds", "2"), ("--weights", "latest"), ("--resume", "latest")):
        ended = called(tmp_path, "run", "coco-pose", "--folds", "3", *more)
        assert ended.status in {1, 2}
        assert "Error: " in ended.err
