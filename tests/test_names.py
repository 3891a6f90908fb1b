"""No code but registries, readers of files and makers of files knows a benchmark by its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn import nodes

import hrbench
from hrbench import catalog
from hrbench.backbone.registry import BACKBONES
from hrbench.metrics.registry import METRICS

ROOT = Path(hrbench.__file__).parent
NAMES = {*catalog.names("tasks"), *catalog.names("datasets"), *METRICS, *BACKBONES}
WHERE_NAMES_BELONG = (
    *("world", "metrics/named"),  # makes datasets' files by their names; each metric says its own
    *("backbone/hrnet.py", "backbone/resnet.py", "formats/registry.py"),  # registries
)
OTHER_MEANINGS = {  # what the same word is there
    ("cameras.py", "h36m"): "a projection, `protocol.projection`",
    ("cli/convert.py", "coco"): "what other programs read, `--to`",
    ("convert/handing.py", "coco"): "what other programs read, `--to`",
    ("formats/h36m/videopose.py", "coco"): "a layout of joints in VideoPose3D's files",
    ("formats/h36m/videopose.py", "h36m"): "a layout of joints in VideoPose3D's files",
    ("metrics/matched.py", "oks"): "a suppression, `protocol.nms`",
    ("metrics/selection.py", "oks"): "a suppression, `protocol.nms`",
    ("report/published.py", "pixels"): "a key of the protocol",
    ("road/building.py", "imagenet"): "what weights begin from, `recipe.init`",
    ("spec/classes.py", "accuracy"): "the metric of a task of classes that names none",
    ("spec/landmarks.py", "oks"): "a suppression, `protocol.nms`",
    ("spec/landmarks.py", "pixels"): "a key of the protocol",
    ("spec/lifting.py", "h36m"): "a projection, `protocol.projection`",
    ("spec/lifting.py", "mpjpe"): "a loss, and the metric of a lifting task that names none",
    ("spec/task.py", "imagenet"): "what weights begin from, `recipe.init`",
}


def named(root: Path) -> Iterator[tuple[str, str]]:
    """Yield each file of a package that has one of the names as a string, and the name."""
    for path, node in nodes(root, ast.Constant):
        place = path.as_posix()
        if node.value in NAMES and not place.startswith(WHERE_NAMES_BELONG):
            yield place, str(node.value)


def test_no_module_names_a_task_a_dataset_a_metric_or_a_backbone() -> None:
    assert set(named(ROOT)) == set(OTHER_MEANINGS)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("commands/run.py", 'if task == "coco-pose": ...'),
        ("report/table.py", "if 'wflw' in record.dataset.name: ..."),
        ("kinds/landmarks/task.py", 'match metric:\n    case "pckh": ...'),
        ("network.py", 'plain = {"resnet-50": 256}'),
    ],
)
def test_a_name_that_is_planted_is_found(place: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{line}\n", "utf-8")
    assert [found for found, _ in named(tmp_path)] == [place]
