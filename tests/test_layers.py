"""Who may import whom: the architecture as a test."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hrbench

ROOT = Path(hrbench.__file__).parent
NOTHING: set[str] = set()
ALLOWED: dict[str, set[str]] = {
    "__init__": {"pipeline", "threads"},  # the former where something is called
    "__main__": {"cli"},
    "errors": NOTHING,
    "geometry": NOTHING,
    "cameras": NOTHING,
    "face_geometry": NOTHING,
    "spec": NOTHING,
    "threads": NOTHING,
    "catalog": {"errors", "spec"},
    "backbone": {"errors"},
    "heads": {"backbone"},  # its blocks
    "metrics": {"errors"},  # arrays only; readers give its `Truth`
    "data": {"cameras", "errors", "face_geometry", "geometry", "metrics"},
    "convert": {"data", "errors"},
    "world": {"errors"},
    "engine": {"data", "errors", "geometry", "threads"},
    "report": {"catalog", "errors", "metrics"},
    "network": {"backbone", "data", "errors", "heads", "spec"},
    "pipeline": {
        "backbone",
        "cameras",
        "catalog",
        "data",
        "engine",
        "errors",
        "face_geometry",
        "geometry",
        "heads",
        "metrics",
        "network",
        "report",
        "spec",
        "world",
    },
    "cli": {"catalog", "convert", "engine", "errors", "pipeline", "report", "world"},
}
WITHOUT_TORCH = {
    "cameras",
    "catalog",
    "convert",
    "errors",
    "face_geometry",
    "geometry",
    "metrics",
    "report",
    "spec",
    "threads",
    "world",
}
MODULES = sorted(ROOT.rglob("*.py"))
DATA_FOLDERS = ("tasks", "datasets", "results")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition(".")
            if package == "hrbench":
                yield from [rest.split(".")[0]] if rest else [alias.name for alias in node.names]


def layer(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_the_layers_below_it(path: Path) -> None:
    assert set(imported(path)) - {layer(path)} <= ALLOWED[layer(path)]


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if layer(p) in WITHOUT_TORCH],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_a_module_that_needs_no_torch_does_not_import_it(path: Path) -> None:
    assert "import torch" not in path.read_text("utf-8")


def test_no_module_is_called_like_a_folder_of_data() -> None:
    assert not [name for name in DATA_FOLDERS if (ROOT / f"{name}.py").exists()]
    if not (ROOT / "tasks").is_dir():  # a checkout; in a wheel the folders are inside
        for name in DATA_FOLDERS:
            assert not list((ROOT.parent / name).rglob("*.py"))
