"""What has been checked of each task, out of its files: `python tests/checklists.py` writes it."""

import fnmatch
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from golden.ledger import WORDS, read_table
from report.records import of_task
from shared import need_shared

from hrbench import catalog
from hrbench.report import checkpoints, published
from hrbench.report.benchmarks import Benchmark, benchmarks
from hrbench.report.beside import Beside, beside
from hrbench.spec import TaskSpec

PAGE = Path(__file__).parents[1] / "docs" / "tasks.md"
HEADER = """\
# What has been checked of each task

Written by `python tests/checklists.py` from `tasks/`, `datasets/`, `results/` and
`tests/golden/coverage.toml`, and held by a test. A box without a cross is not done yet. The tables
have each variant beside the row of `results/published.csv` that `hrbench report` sets a run of it
beside, and in which keys the protocols differ or are unknown to agree, as the source does not say.
`protocol.pixels=official` is what published face weights are measured with.
"""
TOP_DOWN = tuple(f"pose_core/{name}.npz" for name in ("decode", "geometry", "losses", "targets"))
COMPARED: dict[str, tuple[str, ...]] = {  # golden files, as patterns, by task
    "coco-pose": ("pose_core/*coco*", "pose_core/e2e.npz", "pose_eval/coco_*", "pose_eval/oks*"),
    "mpii-pose": ("pose_core/*mpii*", "pose_eval/mpii_*"),
    "crowdpose": ("pose_core/*crowdpose*", "pose_eval/crowd*"),
    "300w": ("rest/face/*",),
    "h36m-lift": ("rest/lifting/*",),
    "imagenet": ("rest/cls/*", "rest/imagenet/*"),
}
SHARED = {  # those of what a task has in common with others
    **dict.fromkeys(("coco-pose", "mpii-pose", "crowdpose", "h36m-pose"), TOP_DOWN),
    **dict.fromkeys(("wflw", "cofw", "aflw"), COMPARED["300w"]),
}
PIXELS = "protocol.pixels=official"
COVERED = {row.file for row in read_table() if row.tolerance is not None}  # as patterns
ROWS = published.load(catalog.published_results())
WEIGHTS = checkpoints.read(catalog.published_weights())


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEADER, *(line for known in benchmarks() for line in section(known))])


def section(about: Benchmark) -> Iterator[str]:
    """Yield the lines of one task."""
    spec, dataset = catalog.load_task(about.task), catalog.load_dataset(about.dataset)
    set_ups = list(beside_published(about, spec))
    yield f"## {about.task}\n"
    yield f"{about.title}, version {spec.version}; `{spec.variant}` is the main variant.\n"
    yield box(f"Paper and code: {spec.reference}", done=bool(spec.reference))
    yield box(f"Dataset: {dataset.citation} ({dataset.licence})", done=bool(dataset.citation))
    yield from compared(about.task)
    yield from literature(about)
    matched = sum(not near.protocol.differing for _, near in set_ups)
    words = f"Published set-ups matched: {matched}; {len(set_ups) - matched} differ in a key"
    yield box(words, done=bool(matched))
    yield box(f"Runs without data: {without_data(spec)}", done=spec.builtin is not None)
    yield box("A published checkpoint measured on the whole dataset: not yet", done=False)
    yield box("The published recipe trained on the whole dataset: not yet", done=False)
    yield ""
    if set_ups:
        yield "| variant | published | of | protocol |\n|---|---|---|---|"
        yield from (line(variant, near) for variant, near in set_ups)
        yield ""


def compared(task: str) -> Iterator[str]:
    """Yield which outputs of the official code the product's are compared with."""
    own, shared = (files(patterns.get(task, ())) for patterns in (COMPARED, SHARED))
    words = ", ".join(f"`{file}`" for file in own) or "not yet"
    yield box(f"Official code's outputs for it compared: {words}", done=bool(own))
    if shared:
        words = ", ".join(f"`{file}`" for file in shared)
        yield box(f"What it shares with other tasks compared: {words}", done=True)


@cache
def goldens() -> list[str]:
    """Return the golden files with arrays that are compared."""
    root = need_shared() / "golden"
    places = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(place for place in places if fits(place, COVERED) and not place.endswith(WORDS))


def fits(file: str, patterns: Iterable[str]) -> bool:
    """Tell whether a file is of some patterns."""
    return any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns)


def files(patterns: tuple[str, ...]) -> list[str]:
    """Return which of the golden files are of some patterns."""
    return [file for file in goldens() if fits(file, patterns)]


def literature(about: Benchmark) -> Iterator[str]:
    """Yield how much of it is published."""
    figures = [row for row in ROWS if row["task"] == about.task and published.has_source(row)]
    main = sum(row["metric"] == about.headline for row in figures)
    weights = [row for row in WEIGHTS if row["task"] == about.task]
    printed = sum(bool(row["value"]) for row in weights)
    words = f"Published figures: {len(figures)}, of which {main} are {about.headline}"
    yield box(words, done=bool(figures))
    words = f"Published checkpoints named: {len(weights)}, {printed} with a printed figure"
    yield box(words, done=bool(weights))


def beside_published(about: Benchmark, spec: TaskSpec) -> Iterator[tuple[str, Beside]]:
    """Yield each variant for real data, with the published row that a run of it stands beside."""
    small = "" if spec.builtin is None else spec.builtin.variant
    for variant in catalog.variants(about.task):
        of_faces = variant == spec.variant and getattr(spec.protocol, "pixels", None)
        for keys in ((), (PIXELS,)) if of_faces else ((),):
            record = of_task(f"{about.task}@{variant}", {about.headline: 1.0}, *keys)
            near = beside(record, ROWS)
            if near is not None and variant != small:
                yield " ".join(f"`{word}`" for word in (variant, *keys)), near


def line(variant: str, near: Beside) -> str:
    """Return a line of the table."""
    row = near.row
    figure = f"{row['metric']} {row['value']} {row['unit']} on {row['split']}"
    source = f"{row['system']}, {row['source_title']}, {row['source_year']}"
    return f"| {variant} | {figure} | {source} | {near.protocol.words} |"


def without_data(spec: TaskSpec) -> str:
    """Return what runs on the synthetic set."""
    if spec.builtin is None:
        return "not yet"
    return f"`{spec.builtin.variant}`, {spec.builtin.images} synthetic samples to train on"


def box(words: str, *, done: bool) -> str:
    """Return a line of a checklist."""
    return f"- [{'x' if done else ' '}] {words}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
