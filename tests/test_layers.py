"""Who may import whom: the architecture as a test.

Imports inside of functions and for type checkers count like any other.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from drawn import SMALL, graph, layer, nodes

import hrbench
from hrbench.spec import TASKS

ROOT = Path(hrbench.__file__).parent
BOTTOM = {*SMALL}
BELOW: dict[str, set[str]] = {  # what each imports beside itself
    **{name: set() for name in BOTTOM},
    "whole": {"errors"},  # of what cannot be written
    "spec": {"metrics", "errors"},  # what the protocol's metric needs, its metric says
    "catalog": {"errors", "spec"},
    "backbone": {"errors"},
    "heads": {"backbone", *BOTTOM},
    "metrics": {"arrays", "errors", "whole"},  # arrays only; formats give its `Truth`
    "world": {"arrays", "cache", "errors", "pools", "threads", "whole"},
    # What a benchmark is, beside its numbers.
    "report": {"metrics", "catalog", "spec", "errors", "whole"},
    "data": {"spec", *BOTTOM},
    "files": {"data", "errors"},  # what they hold, whatever it means
    "lints": {"data", "files", *BOTTOM},
    "boxes": {"data", "files", "lints", *BOTTOM},
    "engine": {"data", "spec", *BOTTOM},
    "network": {"backbone", "data", "heads", "spec", *BOTTOM},
    "begun": {"backbone", "report", "catalog", "spec", *BOTTOM},
    "fetching": {"catalog", "engine", "metrics", "report", "spec", *BOTTOM},
    "draw": {"data", "heads", "metrics", "report", "spec", *BOTTOM},
    "formats": {
        "boxes",
        "data",
        "engine",
        "files",
        "lints",
        "metrics",
        "world",
        "catalog",
        "spec",
        *BOTTOM,
    },
    "convert": {"data", "files", "formats", "lints", *BOTTOM},
    "tracking": {"errors"},  # what stores take is plain numbers, texts and files
    "__main__": {"cli"},
    "__init__": {
        "begun",
        "catalog",
        "commands",
        "engine",
        "errors",
        "kinds",
        "report",
        "road",
        "threads",
    },  # when called
}
BELOW["kinds"] = set(BELOW) - {"convert", "__main__", "__init__"}
BELOW["road"] = {"kinds", *BELOW["kinds"]}
BELOW["commands"] = {"convert", "road", *BELOW["road"]}
BELOW["cli"] = {"commands", "begun", "report", "catalog", "errors"}  # `begun` for its Options
APART = {  # folders whose parts do not import each other, but these
    "commands": set[str](),
    "kinds": {
        "complexity",
        "contract",
        "deployable",
        "found",
        "kind",
        "predictor",
        "profiled",
        "starting",
    },
}
NO_COMMANDS = {"__init__", "__pycache__", "completion", "root"}  # in these two folders
REGISTRY = "hrbench.kinds.registry"  # the one module that imports every kind
# Folders that name no spec of a kind either.
KINDLESS = {"begun", "cli", "commands", "convert", "draw", "engine", "report", "road"}
WITHOUT_TORCH = {*BOTTOM, "catalog", "convert", "lints", "metrics", "report", "spec", "world"}
LARGEST = 0.16  # share of the package's lines that a folder may have
DATA_FOLDERS = ("tasks", "datasets", "suites", "results")
SHIPPED = (*DATA_FOLDERS, "benchmarks")  # what lies inside of the package in a wheel


def upward(modules: dict[str, set[str]]) -> list[str]:
    """Return the imports of layers that are not below the importing one."""
    return [
        f"{name} imports {other}"
        for name, others in modules.items()
        for other in sorted(others)
        if layer(other) not in {layer(name), *BELOW[layer(name)]}
    ]


def across(modules: dict[str, set[str]]) -> list[str]:
    """Return the imports between parts of a folder that are to keep apart."""
    return [
        f"{name} imports {other}"
        for name, others in modules.items()
        for other in sorted(others)
        if name != REGISTRY
        and layer(name) == layer(other)
        and layer(name) in APART
        and part(other) not in {part(name), *APART[layer(name)]}
    ]


def knowing_kinds(root: Path) -> list[str]:
    """Return the imports by which a module knows a kind of task that is not its own."""
    modules = graph(root)
    kinds = {part(name) for name in modules if name.count(".") > 2 and layer(name) == "kinds"}
    found = [
        f"{name} imports {other}"
        for name, others in modules.items()
        for other in sorted(others)
        if layer(other) == "kinds"
        and part(other) in kinds
        and name != REGISTRY
        and not name.startswith(f"{root.name}.kinds.{part(other)}.")
    ]
    specs = {spec.__name__ for spec in TASKS.values()}
    found += [
        f"{path} imports {alias.name}"
        for path, node in nodes(root, ast.ImportFrom)
        for alias in node.names
        if path.parts[0] in KINDLESS and alias.name in specs
    ]
    return found


def part(module: str) -> str:
    return module.split(".")[2]


def test_a_module_imports_only_the_layers_below_it() -> None:
    assert upward(graph(ROOT)) == []


def test_no_command_imports_another_and_no_kind_another() -> None:
    assert across(graph(ROOT)) == []


def test_the_name_of_a_command_finds_its_code() -> None:
    named = [{p.stem for p in (ROOT / f).iterdir()} - NO_COMMANDS for f in ("cli", "commands")]
    assert named[0] == named[1]


def test_no_module_but_the_registry_knows_a_kind_of_task() -> None:
    assert knowing_kinds(ROOT) == []


def test_no_imports_go_in_a_circle() -> None:
    TopologicalSorter(graph(ROOT)).prepare()


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("metrics/oks.py", "from hrbench.report.record import RunRecord"),
        ("kinds/contract.py", "def late():\n    from hrbench.road import resolve"),
        ("data/sample.py", "if TYPE_CHECKING:\n    from hrbench.formats.location import DataRoot"),
        ("backbone/hrnet.py", "from hrbench import network"),
        ("report/table.py", "import hrbench.commands.run"),
    ],
)
def test_an_import_upwards_is_found(place: str, line: str, tmp_path: Path) -> None:
    assert upward(planted(tmp_path, place, line))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("commands/score.py", "from hrbench.commands.run import run"),
        ("kinds/lifting/task.py", "from hrbench.kinds.landmarks import task"),
    ],
)
def test_an_import_of_a_neighbour_is_found(place: str, line: str, tmp_path: Path) -> None:
    assert across(planted(tmp_path, place, line))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("commands/export/export.py", "from hrbench.kinds.landmarks import exporting"),
        ("commands/predict/predict.py", "from hrbench.spec import LiftingTask, TaskSpec"),
        ("road/training.py", "def late():\n    from hrbench.kinds.lifting.task import Lifting"),
        ("kinds/profiled.py", "from hrbench.kinds.classes.task import Classification"),
    ],
)
def test_a_kind_that_is_named_is_found(place: str, line: str, tmp_path: Path) -> None:
    planted(tmp_path, place, line)
    assert len(knowing_kinds(tmp_path / "hrbench")) == 1


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "hrbench" / "data").mkdir(parents=True)
    for name, other in (("one", "other"), ("other", "one")):
        line = f"def late():\n    from hrbench.data import {other}\n"
        (tmp_path / "hrbench" / "data" / f"{name}.py").write_text(line, "utf-8")
    with pytest.raises(CycleError):
        TopologicalSorter(graph(tmp_path / "hrbench")).prepare()


def planted(folder: Path, place: str, line: str) -> dict[str, set[str]]:
    """Return what a package of empty modules imports, but for one line in one place."""
    for path in ROOT.rglob("*.py"):
        empty = folder / "hrbench" / path.relative_to(ROOT)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    (folder / "hrbench" / place).write_text(f"{line}\n", "utf-8")
    return graph(folder / "hrbench")


def test_a_module_that_needs_no_torch_does_not_import_it() -> None:
    paths = [p for p in ROOT.rglob("*.py") if p.relative_to(ROOT).with_suffix("").parts[0] in
             WITHOUT_TORCH]  # fmt: skip
    assert [str(path) for path in paths if "import torch" in path.read_text("utf-8")] == []


def test_no_folder_has_more_than_its_share_of_the_lines() -> None:
    lines: dict[str, int] = {}
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).parts[0]
        lines[name] = lines.get(name, 0) + len(path.read_text("utf-8").splitlines())
    whole = sum(lines.values())
    assert {name: count for name, count in lines.items() if count > LARGEST * whole} == {}


def test_no_module_is_called_like_a_folder_that_a_wheel_has_inside() -> None:
    assert not [name for name in SHIPPED if (ROOT / f"{name}.py").exists()]
    if not (ROOT / "tasks").is_dir():  # a checkout; in a wheel the folders are inside
        for name in DATA_FOLDERS:
            assert not list((ROOT.parent / name).rglob("*.py"))
