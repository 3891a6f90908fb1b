from pathlib import Path

from report.records import of_task, record, row

from hrbench.report.record import Counts, Dataset, measured
from hrbench.report.summary import summary

PUBLISHED = [row()]
FOLDER = Path("results/runs/coco-pose/20260102T030405Z-12345678")


def test_every_metric_has_unit_direction_and_meaning() -> None:
    metrics = {
        "AP": measured(41.23, "%", higher_is_better=True),
        "APM": measured(float("nan"), "%", higher_is_better=True, reason="no person so small"),
    }
    lines = summary(record(metrics=metrics), PUBLISHED, FOLDER).splitlines()
    assert lines[0] == "coco-pose@w32-256x192 on coco val2017, n = 5000"
    assert lines[2].split(maxsplit=4) == [
        *("AP", "41.2", "%", "higher"),
        "average precision, mean over OKS 0.50, 0.55 ... 0.95",
    ]
    assert lines[3].split(maxsplit=3) == ["APM", "none", "higher", "no person so small"]


def test_a_synthetic_result_is_comparable_with_nothing_published() -> None:
    text = " ".join(summary(record(synthetic=True), PUBLISHED, FOLDER).split())
    assert "it is comparable with nothing published." in text
    assert "beside" not in text
    assert "Published: coco-pose" not in text
    assert "Published results of coco-pose: hrbench report --task coco-pose" in text


def test_a_partial_result_says_of_how_much() -> None:
    partial = record(complete=False, n=Counts(expected=5000, evaluated=20))
    text = " ".join(summary(partial, PUBLISHED, FOLDER).split())
    assert "partial: 20 of 5000 samples; it is set beside no published row." in text


def test_a_real_result_is_set_beside_its_published_row() -> None:
    text = " ".join(summary(record(), PUBLISHED, FOLDER).split())
    assert "AP 74.3 % beside 74.4 of pose_hrnet_w32" in text
    assert "-0.1; protocol same." in text


def test_notes_are_said() -> None:
    noted = record(notes=("Training started from random weights.",))
    assert "Training started from random weights." in summary(noted, PUBLISHED, FOLDER)


def test_the_next_commands_are_filled_in(tmp_path: Path) -> None:
    run = tmp_path / "my run"
    run.mkdir()
    (run / "worst.png").touch()
    example = ("a b.jpg", "--boxes", "boxes.json")
    lines = summary(record(), PUBLISHED, run, example=example, width=60).splitlines()
    assert lines[-5:] == [
        f"  look at: {run}/worst.png",
        f"  hrbench predict 'a b.jpg' --boxes boxes.json --weights '{run}'",
        f"  hrbench report '{run}'",
        f"  hrbench score '{run}'",
        f"  hrbench check '{run}'",
    ]


def test_a_task_of_ones_own_has_nothing_published() -> None:
    hands = Dataset(name="hands", split="val", fingerprint="f" * 64)
    own = record(
        task="my-hands",
        dataset=hands,
        metrics={"PCK@0.1": measured(51.26, "%", higher_is_better=True)},
    )
    lines = summary(own, PUBLISHED, Path("runs/a"), example=["b.jpg"]).splitlines()
    assert lines[2].split(maxsplit=4)[:4] == ["PCK@0.1", "51.3", "%", "higher"]
    assert "  hrbench predict b.jpg --weights runs/a" in lines
    assert not [line for line in lines if line.startswith("Published")]


def test_a_goal_of_one_joint_is_a_sentence_of_its_own() -> None:
    mean = row(task="mpii-pose", dataset="mpii", split="test", metric="PCKh@0.5", value="92.3")
    mean |= {"input_width": "256"}
    goal = mean | {"metric": "PCKh@0.5:shoulder", "value": "96.9", "mission": "7"}
    figures = {"PCKh@0.5": 92.0, "PCKh@0.5:shoulder": 96.5, "PCKh@0.5:hip": 90.0}
    ours = of_task("mpii-pose@w32-256x256-six-scales", figures)
    text = " ".join(summary(ours, [mean, goal], FOLDER).split())
    assert "PCKh@0.5 92.0 % beside 92.3" in text
    assert "PCKh@0.5:shoulder 96.5 % beside 96.9" in text
    assert text.count(" beside ") == 2
