"""What a run keeps of each image gives the figures of its record again."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from dots import ANNOTATIONS, BRIEF, DATASET, TASK, edit_toml, write_dots
from shared import need_shared
from worlds import near_truth, ran, small_weights, small_world

from hrbench.commands import score as scoring
from hrbench.metrics.matched import matched
from hrbench.metrics.named import oks
from hrbench.report import outcomes
from hrbench.report.record import RunRecord


def require_again(folder: Path, record: RunRecord) -> None:
    """Check that every image once gives each figure, AP and AR to the bit."""
    once = outcomes.read(folder, record).once()
    known = {name: found.value for name, found in record.metrics.items() if found.value is not None}
    assert known[record.headline] > 0
    assert {name: once[name] for name in known} == pytest.approx(known, rel=1e-12)
    averages = [name for name in known if name.startswith(("AP", "AR"))]
    assert [once[name] for name in averages] == [known[name] for name in averages]
    spread = [name for name, found in record.metrics.items() if found.low != found.high]
    assert record.headline in spread


@pytest.mark.parametrize("where", ["world", "real"])
@pytest.mark.parametrize(
    ("task", "file"),
    [
        ("coco-pose@tiny", "coco/annotations/person_keypoints_val2017.json"),
        ("crowdpose@tiny", "crowdpose/json/crowdpose_test.json"),
    ],
)
def test_every_image_once_gives_the_record(
    task: str, file: str, where: str, tmp_path: Path
) -> None:
    dataset = file.partition("/")[0]
    data = small_world(24, dataset) if where == "world" else need_shared() / "real"
    weights = str(small_weights(task))
    _, folder = ran(task, tmp_path, data=str(data), weights=weights, boxes="gt")
    near_truth(folder, data / file)
    require_again(folder, scoring.score(folder))


@pytest.mark.parametrize("task", ["coco-pose@tiny", "crowdpose@tiny"])
def test_poses_are_matched_once_for_figures_breakdown_and_intervals(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matching = Mock(side_effect=matched)
    monkeypatch.setattr(oks, "matched", matching)
    data, weights = small_world(24, task.partition("-")[0].partition("@")[0]), small_weights(task)
    record, _ = ran(task, tmp_path, data=str(data), weights=str(weights), boxes="gt")
    assert {"curve", "error", "calibration"} <= {*record.groups}
    matching.assert_called_once()


@pytest.mark.parametrize("sigmas", [None, [0.05] * 3])
def test_every_image_once_gives_the_record_of_own_objects(
    sigmas: list[float] | None, tmp_path: Path
) -> None:
    own = write_dots(tmp_path / "own")
    if sigmas:
        edit_toml(own / DATASET, lambda said: said.update(sigmas=sigmas))
    _, folder = ran(f"{own / TASK}@tiny", tmp_path / "runs", data=str(own), overrides=BRIEF)
    near_truth(folder, own / ANNOTATIONS)
    record = scoring.score(folder)
    assert "NME" in record.metrics
    assert ("AP" in record.metrics) == bool(sigmas)
    require_again(folder, record)
