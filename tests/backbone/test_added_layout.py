"""A layout of checkpoints that is added by its line is read, known, and measured with."""

from pathlib import Path

import pytest
import torch
from worlds import SMALL, small_weights, small_world

from hrbench.backbone import layouts
from hrbench.backbone.layouts import Layout
from hrbench.begun.options import Options
from hrbench.commands import run as running
from hrbench.commands.weights.inspect import inspect
from hrbench.errors import WeightsError

TASK = "coco-pose@tiny"
TOY = Layout(
    "toy",
    ("trunk_conv1.", "points_"),
    {"trunk_": "backbone.", "points_": "head.score."},
    color="bgr",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Weights of ours under names that nobody uses."""
    ours = torch.load(small_weights(TASK), weights_only=True)["network"]
    path = tmp_path / "toy.pth"
    torch.save({TOY.theirs(name): tensor for name, tensor in ours.items()}, path)
    return path


def test_a_layout_that_is_added_is_measured_like_the_same_weights_under_our_names(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError):
        inspect(file)
    monkeypatch.setattr(layouts, "LAYOUTS", (TOY, *layouts.LAYOUTS))
    found = inspect(file)
    assert found.checkpoint.layout == "toy"
    assert found.checkpoint.color == "bgr"
    assert found.anatomy.keypoints == 17
    figures = []
    for weights in (file, small_weights(TASK)):
        options = Options(
            data=str(small_world()),
            out=str(tmp_path / "runs"),
            weights=str(weights),
            overrides=SMALL,
            workers=0,
            device="cpu",
        )
        done = running.run(TASK, options)
        assert done is not None
        figures.append(done[0].metrics)
    assert figures[0] == figures[1]
