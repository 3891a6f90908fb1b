"""Count what the house looks like: lines by folder, dispatches on kinds of task, the way of a key.

python benchmarks/structure.py [--tree CHECKOUT]

A small run is walked in a process that watches where keys of the task's file are read while its
parts are made: not to check them, and not once more for every batch.
"""

import argparse
import ast
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parents[1]
KEYS = {  # of the task's file, by table
    "model": ("codec", "backbone", "input"),
    "recipe": ("lr", "batch_size"),
    "protocol": ("flip_test", "decoder"),
}
KINDS = {"landmarks", "lifting", "classes"}  # folders of what only they do
NOT_YET = {"spec", "pydantic", "catalog", "resolve", "resolving"}  # what reads a key to check it
LOOPS = {"train.fit", "train.resume", "predict.predict", "duration.seconds_per_step"}  # in engine
START = ("run", "walked")  # of the road, before and since it has a function of its own
TASK = "coco-pose"
BRIEF = ("builtin.images=48", "recipe.epochs=1", "protocol.flip_test=true")


def main() -> None:
    """Print the counts of a checkout."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--tree", type=Path, default=HERE, help="Another checkout than this one.")
    tree: Path = parser.parse_args().tree
    package = tree / "hrbench"
    lines = by_folder(package)
    whole = sum(lines.values())
    for name, count in lines.most_common():
        sys.stdout.write(f"{count:6,} lines, {count / whole:6.1%}  {name}\n")
    sys.stdout.write(f"{whole:6,} lines\n")
    found = list(dispatches(package))
    sys.stdout.write(f"{len(found)} dispatches on a kind of task outside of the kinds\n")
    for place in found:
        sys.stdout.write(f"    {place}\n")
    sys.path.insert(0, str(tree))
    parses, ways = walked(tree)
    sys.stdout.write(f"{parses} times the task's file is read for a run\n")
    for key, way in ways.items():
        sys.stdout.write(f"{key} is read {len(way)} calls below the road: {' > '.join(way)}\n")


def by_folder(package: Path) -> Counter[str]:
    """Return the lines of each folder and module of a package."""
    lines: Counter[str] = Counter()
    for path in package.rglob("*.py"):
        lines[path.relative_to(package).parts[0]] += len(path.read_text("utf-8").splitlines())
    return lines


def dispatches(package: Path) -> Iterator[str]:
    """Yield where code asks what kind of task it has, but for a kind's own and the spec's."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(package.rglob("*.py"))}
    bases = {"Job", "Task", "TaskSpec"}
    kinds = {
        node.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and bases & {_name(base) for base in node.bases}
    }
    for path, tree in trees.items():
        folders = set(path.relative_to(package).parts[:-1])
        if folders & {*KINDS, "spec"}:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="isinstance"), args=[_, asked]):
                    named = {_name(part) for part in ast.walk(asked)}
                case ast.MatchClass(cls=asked):
                    named = {_name(asked)}
                case _:
                    continue
            if kinds & named:
                yield f"{path.relative_to(package)}:{getattr(node, 'lineno', 0)}"


def _name(node: ast.AST) -> str:
    inner = node.value if isinstance(node, ast.Subscript) else node
    return inner.id if isinstance(inner, ast.Name) else ""


def walked(tree: Path) -> tuple[int, dict[str, list[str]]]:
    """Run a small task; return how often its file is read, and the longest way to each key."""
    from hrbench.cli import main as command  # noqa: PLC0415  of the tree that is looked at
    from hrbench.spec import TASKS  # noqa: PLC0415

    ways: dict[str, list[str]] = {}
    for table, watched in KEYS.items():
        kind: Any = TASKS["heatmap"].model_fields[table].annotation
        _watch(kind, table, watched, ways)
    with tempfile.TemporaryDirectory(prefix="hrbench-") as folder:
        file = Path(folder, "task.toml")
        text = (tree / "tasks" / f"{TASK}.toml").read_text("utf-8")
        file.write_text(text, "utf-8")
        reads = _counted(file)
        options = ["--data", "builtin", "--limit", "8", "--device", "cpu", "--workers", "0"]
        keys = [part for text in BRIEF for part in ("--set", text)]
        command(["run", f"{file}@tiny", *options, *keys, "--out", folder], standalone_mode=False)
        return len(reads), ways


def _watch(kind: Any, table: str, keys: tuple[str, ...], ways: dict[str, list[str]]) -> None:
    """Note from where some attributes of a class are read, the longest way of each."""
    plain = kind.__getattribute__

    def read(self: Any, name: str) -> Any:
        if name in keys:
            way = _way(sys._getframe(1))  # noqa: SLF001  the caller's
            if len(way) > len(ways.get(f"{table}.{name}", ())):
                ways[f"{table}.{name}"] = way
        return plain(self, name)

    kind.__getattribute__ = read


def _way(frame: FrameType | None) -> list[str]:
    """Return the functions between the road's own and a line; none where it checks or loops."""
    way: list[str] = []
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        function = frame.f_code.co_name
        called = f"{module.rpartition('.')[2]}.{function}"
        if NOT_YET & set(module.split(".")) or (".engine." in module and called in LOOPS):
            return []
        if called in {f"run.{name}" for name in START}:
            return way[::-1]
        if module.startswith("hrbench") and not function.startswith("<"):
            way.append(called)
        frame = frame.f_back
    return []


def _counted(file: Path) -> list[Path]:
    """Return a list that grows by one whenever the text of a file is read."""
    reads: list[Path] = []
    plain = Path.read_text

    def read_text(path: Path, *args: Any, **more: Any) -> str:
        if path == file:
            reads.append(path)
        return plain(path, *args, **more)

    Path.read_text = read_text  # type: ignore[method-assign, assignment]
    return reads


if __name__ == "__main__":
    main()
