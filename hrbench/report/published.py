"""The rows of results/published.csv: what the literature printed, with its source."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from hrbench.report.benchmarks import benchmark
from hrbench.report.definitions import define

Row: TypeAlias = dict[str, str]  # a column's name -> its text; "" where the source is silent

# Columns with the name and the values of a key of a record's protocol.
PROTOCOL = (
    *("train_split", "extra_data", "boxes", "box_threshold", "padding", "flip_test"),
    *("flip_shift", "decoder", "keypoint_threshold", "nms", "nms_threshold", "precision"),
    *("scales", "pixels", "normaliser"),
    *("lifter", "keypoints", "frames", "average", "train_keypoints"),  # of lifting
    *("frame_step", "excluded", "joints", "root"),  # of lifting too
    *("crop_share", "interpolation", "tta"),  # of classification
)
LIFTING = "lift-"  # how heads begin that take keypoints; the rest of the name is the `lifter`
EITHER = "-or-"  # between the splits of a leaderboard that mixes them
COLUMNS = (
    *("task", "dataset", "split", "metric", "value", "unit", "higher_is_better", "system"),
    *("backbone", "addition", "input_height", "input_width", *PROTOCOL, "boxes_note"),
    *("protocol_note", "mission", "mission_confidence"),
    *("source_title", "source_year", "source_url", "source_locator", "official", "checked"),
)


def load(path: Path) -> list[Row]:
    """Return all rows as they are printed: text, empty where the source is silent."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows(published: Iterable[Row], tasks: Iterable[str]) -> list[Row]:
    """Return the rows of some tasks, in the file's order."""
    wanted = set(tasks)
    return [row for row in published if row["task"] in wanted]


def fault(row: Row) -> str:
    """Return what is wrong with a row in one sentence, or "" for a row that is right."""
    known, about = define(row["metric"]), benchmark(row["task"])
    if about is None:
        return f"no task is called '{row['task']}'"
    metric, dataset, split = row["metric"], row["dataset"], row["split"]
    said = (row["unit"], row["higher_is_better"])
    checks = (
        (dataset == about.dataset, f"'{about.task}' is not measured on '{dataset}'"),
        (about.splits.issuperset(split.split(EITHER)), f"'{dataset}' has no split '{split}'"),
        (known is not None, f"no metric is called '{metric}'"),
        (
            known is None or said == (known.unit, str(known.higher_is_better).lower()),
            f"'{metric}' is not in '{row['unit']}', or not better in that direction",
        ),
        (re.fullmatch(r"\d+(\.\d+)?", row["value"]), f"'{row['value']}' is not a number"),
    )
    return next((message for holds, message in checks if not holds), "")


def is_plain(row: Row) -> bool:
    """Whether the row's network has its usual head and training, nothing added, and is cropped."""
    return not (row["addition"] or row["boxes"] == "none")


def has_source(row: Row) -> bool:
    """Whether anybody printed the row's figure, as far as is known."""
    return row["checked"] != "target"


def is_shown(row: Row) -> bool:
    """Whether the row's network is one that its task is about, with nothing added."""
    about = benchmark(row["task"])
    network = row["backbone"] or LIFTING + row["lifter"]
    return about is not None and network in about.networks and is_plain(row)


def selection(everything: Iterable[Row]) -> list[Row]:
    """Return the rows that a reader looks for first.

    Headline figures of the tasks' own networks, from the official HRNet repositories, of
    any source where those have none; and the rows that hrbench is measured against.
    """
    chosen = [row for row in everything if has_source(row)]
    plain = [r for r in chosen if is_shown(r) and is_headline(r)]
    official = [r for r in plain if r["official"] == "true"]
    covered = {r["task"] for r in official}
    first = official + [r for r in plain if r["task"] not in covered]
    kept = {id(r) for r in first} | {id(r) for r in chosen if r["mission"]}
    return [r for r in chosen if id(r) in kept]


def is_headline(row: Row) -> bool:
    """Whether the row has the figure that its task is told by."""
    about = benchmark(row["task"])
    return about is not None and row["metric"] == about.headline


def best(everything: Iterable[Row], task: str, split: str) -> Row | None:
    """Return the best headline figure of a network that the task is about; None without one.

    Lifted from true keypoints it is no figure of a whole system, and does not count.
    """
    fitting = [
        row
        for row in everything
        if (row["task"], row["split"]) == (task, split)
        and is_headline(row)
        and has_source(row)
        and is_shown(row)
        and row["keypoints"] != "gt"
    ]
    return min(fitting, key=standing, default=None)


def standing(row: Row) -> float:
    """Return a number that is lower for the better of two rows of one metric."""
    return -float(row["value"]) if row["higher_is_better"] == "true" else float(row["value"])
