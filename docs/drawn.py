"""What of the documents is made from the code: the map of the folders, the table of registries.

`python docs/drawn.py` writes it into them; `tests/test_documents.py` fails where they are old.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hrbench"
# Below everything.
SMALL = (
    *("errors", "whole", "cache", "threads", "pools"),
    *("arrays", "geometry", "cameras", "face_geometry"),
)
Node = TypeVar("Node", bound=ast.AST)
SHOWN = 10  # names of a registry
MARK = re.compile(r"(<!-- made: (\w+) -->\n).*?(?=<!-- end -->)", re.DOTALL)


def imports(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Return the folders, or single modules, of a package that each of them imports."""
    found: dict[str, set[str]] = {}
    for module, others in graph(package).items():
        here = layer(module)
        if not here.startswith("__"):
            found.setdefault(here, set()).update({layer(other) for other in others} - {here})
    return found


def graph(package: Path) -> dict[str, set[str]]:
    """Return the modules that each module of a package imports of it."""
    paths = (path.relative_to(package) for path in sorted(package.rglob("*.py")))
    modules = {_module(package, path): set[str]() for path in paths}
    for path, node in nodes(package, ast.ImportFrom):
        for alias in node.names:
            places = (f"{node.module}.{alias.name}", str(node.module))
            named = (name for place in places for name in (place, f"{place}.__init__"))
            modules[_module(package, path)].update([name for name in named if name in modules][:1])
    for path, plain in nodes(package, ast.Import):
        for alias in plain.names:
            if "." in alias.name:  # else it is the package: for its version, and where it lies
                either = {alias.name, f"{alias.name}.__init__"}
                modules[_module(package, path)] |= either & modules.keys()
    return modules


def nodes(package: Path, kind: type[Node]) -> Iterator[tuple[Path, Node]]:
    """Yield each piece of syntax of a kind in a package, with its module's path below that."""
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, kind):
                yield path.relative_to(package), node


def layer(module: str) -> str:
    """Return the folder, or the single module, of a package that a module is of."""
    return module.split(".")[1]


def _module(package: Path, path: Path) -> str:
    return ".".join((package.name, *path.with_suffix("").parts))


def reduced(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return a graph without the edges that a longer way replaces."""

    def reached(node: str) -> set[str]:
        return graph[node].union(*(reached(other) for other in graph[node]))

    return {
        node: others - set[str]().union(*(reached(other) for other in others))
        for node, others in graph.items()
    }


def drawing() -> str:
    """Return the map: an arrow from each folder to those that it imports directly and only so."""
    graph = {
        name: {other for other in others if other not in SMALL}
        for name, others in imports().items()
        if name not in SMALL
    }
    lines = [
        f"    {name} --> {other}"
        for name, others in reduced(graph).items()
        for other in sorted(others)
    ]
    return "```mermaid\nflowchart TD\n" + "\n".join(lines) + "\n```\n"


def folders() -> str:
    """Return what each folder and module is, in its own words."""
    lines = ["| folder | what it is |", "|---|---|"]
    for name in imports():
        path = PACKAGE / name / "__init__.py"
        module = path if path.exists() else PACKAGE / f"{name}.py"
        words = (ast.get_docstring(ast.parse(module.read_text("utf-8"))) or "").split("\n\n")[0]
        lines.append(f"| `{module.parent.name + '/' if path.exists() else module.name}` | "
                     f"{' '.join(words.split())} |")  # fmt: skip
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Addition:
    """A sort of thing that is added: where it is written, the one line elsewhere, the proof."""

    what: str
    files: str
    registry: str = ""  # MODULE:NAME of a dict, by the names that TOML files have
    row: str = ""  # what is written elsewhere instead, in words
    proof: str = ""  # FILE::TEST that adds a toy of this sort


PART = (
    "tests/kinds/test_added_parts.py::"
    "test_a_part_that_is_registered_trains_is_recorded_scored_and_predicts"
)
ADDITIONS = (
    Addition(
        "a benchmark from known parts",
        "`tasks/x.toml`, `datasets/x.toml`",
        row="rows in `results/published.csv`",
        proof="tests/report/test_benchmarks.py::"
        "test_two_toml_files_and_a_row_are_a_benchmark_with_its_published_best",
    ),
    Addition(
        "a dataset in COCO's format",
        "`x.toml`, anywhere",
        proof="tests/formats/test_own_files.py::test_a_task_and_a_dataset_of_ones_own_lie_anywhere",
    ),
    Addition(
        "a metric",
        "one `Metric` in `hrbench/metrics/named/x.py`; an example of it in "
        "`tests/metrics/test_every_metric.py`",
        "hrbench.metrics.registry:METRICS",
        proof="tests/kinds/test_added_metric.py::"
        "test_a_metric_trains_records_draws_its_worst_cases_and_is_reported",
    ),
    Addition(
        "a backbone",
        "one `Backbone` with its module in `hrbench/backbone/x.py`: channels, strides, its own "
        "first weights, the statistics of its images",
        "hrbench.backbone.registry:BACKBONES",
        proof=PART,
    ),
    Addition(
        "a codec",
        "one `GridCodec` (`hrbench/heads/codec.py`): targets, losses, flip, decoding, ties",
        "hrbench.heads.codecs:CODECS",
        proof=PART,
    ),
    Addition("a decoder", "a function", "hrbench.heads.decoding:DECODERS", proof=PART),
    Addition(
        "a loss",
        "a function; in its codec's `losses` instead, or in `OF_LOGITS` too if a softmax makes "
        "maps of its scores",
        "hrbench.heads.heatmap:LOSSES",
        proof=PART,
    ),
    Addition(
        "an optimiser", "its class in torch", "hrbench.engine.optimizing:OPTIMIZERS", proof=PART
    ),
    Addition(
        "a file format",
        "one `Format` in `hrbench/formats/x/`: reading, listing, faults",
        "hrbench.formats.registry:FORMATS",
        proof="tests/formats/test_formats.py::"
        "test_a_format_that_is_added_is_trained_on_and_measured",
    ),
    Addition(
        "a head of keypoints",
        "a `KeypointHead`, as `hrbench/heads/simcc.py`; its name in `TASKS` "
        "(`hrbench/spec/`) and `KINDS` too",
        "hrbench.network:HEADS",
        proof="tests/kinds/test_added_parts.py::"
        "test_a_head_of_keypoints_that_is_registered_trains_is_recorded_and_predicts",
    ),
    Addition(
        "a kind of task",
        "one `Kind` in `hrbench/kinds/x/`; what its files say in `hrbench/spec/x.py` and `TASKS`",
        "hrbench.kinds.registry:KINDS",
        proof="tests/kinds/test_added_kind.py::"
        "test_a_kind_that_is_added_trains_is_recorded_scored_and_predicts",
    ),
    Addition(
        "a layout of checkpoints",
        "one `Layout`; a row in `docs/weights.md`",
        row="`LAYOUTS` (`hrbench/backbone/layouts.py`)",
        proof="tests/backbone/test_added_layout.py::"
        "test_a_layout_that_is_added_is_measured_like_the_same_weights_under_our_names",
    ),
    Addition(
        "a synthetic dataset",
        "a writer of a folder and a `Making` in `hrbench/world/x/`",
        "hrbench.world:WRITERS",
        proof="tests/world/test_added_set.py::"
        "test_a_synthetic_set_that_is_added_is_made_trained_on_and_said_to_be_one",
    ),
    Addition(
        "a lint, what makes files implausible",
        "a function whose faults have the name that `--allow` takes, with thresholds of all in "
        "`hrbench/lints/thresholds.py`; a row in `docs/own-keypoints.md` or `docs/faces.md`",
        row="`LINTS` (`hrbench/lints/plausible.py`), or a call in `plausible_faces.py`, "
        "`plausible_persons.py`, `plausible_motion.py` or `boxes.py`",
        proof="tests/lints/test_added_lint.py::test_a_lint_that_is_added_is_named_stops_a_run_and_is_let_pass",
    ),
)


def additions() -> str:
    """Return how each sort of thing is added, with the names that there are."""
    lines = ["| to add | is written in | one line elsewhere | proven by |", "|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.files} | {_elsewhere(row)} | {_proof(row)} |" for row in ADDITIONS
    ]
    return "\n".join(lines) + "\n"


def _elsewhere(row: Addition) -> str:
    if not row.registry:
        return row.row
    module, _, name = row.registry.partition(":")
    path = ROOT / Path(*module.split("."))
    place = f"{module.replace('.', '/')}{'/' if path.is_dir() else '.py'}"
    keys = [f"`{key}`" for key in getattr(import_module(module), name)]
    some = ", ".join(keys if len(keys) <= SHOWN else [*keys[:SHOWN], "…"])
    return f"`{name}` (`{place}`): {some}"


def _proof(row: Addition) -> str:
    return f"`{row.proof.partition('::')[0]}`" if row.proof else ""


MADE: dict[str, dict[str, Callable[[], str]]] = {  # by document, by mark
    "docs/architecture.md": {"map": drawing, "all": folders},
    ".github/CONTRIBUTING.md": {"add": additions},
}


def with_parts(document: str) -> str:
    """Return a document's text with what is made from the code."""
    text = (ROOT / document).read_text("utf-8")
    return MARK.sub(lambda part: part[1] + MADE[document][part[2]](), text)


if __name__ == "__main__":
    for name in MADE:
        (ROOT / name).write_text(with_parts(name), "utf-8")
