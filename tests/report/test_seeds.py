from pathlib import Path

from report.records import of_task, record

from hrbench.report.record import measured
from hrbench.report.seeds import summary


def test_each_figure_has_a_row_with_its_mean_its_deviation_and_each_seed() -> None:
    records = [record(ap, seed=seed) for seed, ap in enumerate((74.0, 76.0))]
    lines = summary([(one, Path("runs", str(one.seed))) for one in records], 80, colour=False)
    assert lines.splitlines()[:3] == [
        "coco-pose@w32-256x192 on coco val2017, seeds 0-1",
        "metric    mean  deviation  n  each",
        "AP      75.0 %        1.4  2  74.0, 76.0",
    ]
    assert "  hrbench report runs/1" in lines.splitlines()


def test_a_synthetic_result_is_said_to_be_comparable_with_nothing_published() -> None:
    records = [record(74.0, seed=seed, synthetic=True) for seed in (0, 1)]
    text = summary([(one, Path("a")) for one in records], 200, colour=False)
    assert "seeds 0-1 (synthetic)" in text
    assert "comparable with nothing published" in text


def test_a_figure_that_one_seed_lacks_says_none() -> None:
    values = (3.4, float("nan"), 3.6)
    records = [
        of_task("300w", {"NME": value}).model_copy(
            update={"metrics": {"NME": measured(value, "%", higher_is_better=False)}, "seed": seed}
        )
        for seed, value in enumerate(values)
    ]
    text = summary([(one, Path("a")) for one in records], 80, colour=False)
    assert "3.50 %       0.14  2  3.40, none, 3.60" in text
