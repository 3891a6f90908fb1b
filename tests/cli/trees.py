"""Small trees of each dataset, copies that a test may spoil, and runs on them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.command import Ended, called, refused
from worlds import small_world

from hrbench import catalog

IMAGES = 16  # to train on
BRIEF = ["--set", "recipe.epochs=1", "--set", "recipe.batch_size=8", "--device", "cpu"]


def copied(dataset: str, folder: Path) -> Path:
    """A copy of a small world, `data` in the test's own folder; return the dataset's folder."""
    shutil.copytree(small_world(IMAGES, dataset), folder / "data")
    return folder / "data" / dataset


def linked_h36m(folder: Path) -> Path:
    """Human3.6M's files below `folder` as links, so that a test can put others in their place."""
    root = folder / "data" / "h36m"
    root.mkdir(parents=True)
    for place in (small_world(8, "h36m") / "h36m").iterdir():
        if place.name != "hrbench-world.json":
            (root / place.name).symlink_to(place)
    return root


def own_in(root: Path, dataset: str, folder: str) -> tuple[Path, Path]:
    """A dataset's files, in `root` until now, in another folder of the same data, and a TOML of it.

    Returns the TOML file and what `--data` names.
    """
    data = root.parent
    if folder == ".":
        data = root
    else:
        (data / folder).parent.mkdir(exist_ok=True)
        root.rename(data / folder)
    shipped = (catalog.folder("datasets") / f"{dataset}.toml").read_text("utf-8")
    own = data.parent / "own.toml"
    own.write_text(shipped.replace(f'folder = "{dataset}"', f'folder = "{folder}"'), "utf-8")
    return own, data


def ran(folder: Path, task: str, *more: str) -> Ended:
    """`hrbench run` on the copy, brief."""
    brief = ["--data", "data", *BRIEF, "--workers", "0"]
    return called(folder, "run", f"{task}@tiny", *brief, *more)


def measured(folder: Path, task: str, weights: Path, *more: str) -> Ended:
    """`hrbench run --weights` on the copy."""
    brief = ["--device", "cpu", "--workers", "0", "--weights", str(weights)]
    return called(folder, "run", f"{task}@tiny", "--data", "data", *brief, *more)


def refused_to_run(folder: Path, task: str, *words: str, more: tuple[str, ...] = ()) -> None:
    """Check that a run says in one sentence what is wrong, and leaves nothing behind."""
    ended = ran(folder, task, *more)
    refused(ended, words)
    assert ended.err.count("\n") == 1, ended.err


def change(path: Path, edit: Callable[[Any], object]) -> None:
    """Write a JSON file again as `edit` leaves its content."""
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def cut_short(path: Path, share: float) -> None:
    """Leave the first part of a file."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])


def edit_line(path: Path, number: int, edit: Callable[[str], str]) -> None:
    """Write a text file again with one line, counted from 1, edited."""
    lines = path.read_text("utf-8").splitlines()
    lines[number - 1] = edit(lines[number - 1])
    path.write_text("\n".join(lines) + "\n", "utf-8")
