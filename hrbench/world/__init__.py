"""The built-in synthetic datasets: exact truth, the real formats, no download.

A test bed, never a benchmark: a folder made here holds `hrbench-world.json`, and every record
made on it says so.
"""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

from hrbench import cache
from hrbench.errors import RunError, UnknownNameError
from hrbench.pools import pool_of
from hrbench.whole import whole_folder
from hrbench.world.faces.cofw import write_cofw
from hrbench.world.faces.sets import write_300w, write_aflw, write_wflw
from hrbench.world.h36m.sets import write_h36m
from hrbench.world.making import Making, worth
from hrbench.world.objects.imagenet import write_imagenet
from hrbench.world.people.coco import write_coco
from hrbench.world.people.crowdpose import write_crowdpose
from hrbench.world.people.mpii import write_mpii

__all__ = ["GENERATOR_VERSION", "MARK", "WRITERS", "cached", "is_synthetic", "make"]

GENERATOR_VERSION = 1  # goes up with every change of a byte that is written
WRITERS = {
    "coco": write_coco,
    "mpii": write_mpii,
    "crowdpose": write_crowdpose,
    "300w": write_300w,
    "wflw": write_wflw,
    "cofw": write_cofw,
    "aflw": write_aflw,
    "h36m": write_h36m,
    "imagenet": write_imagenet,
}
MARK = "hrbench-world.json"  # the file that says what a folder was made of


def make(
    dataset: str,
    root: Path,
    *,
    images: int,
    seed: int = 0,
    size: tuple[int, int] = (256, 256),
    processes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a synthetic dataset into the folder of its name in `root`, all of it or nothing.

    `images` counts the training set's; the split that is measured has a quarter as many, a
    further one a sixteenth, one at least. `size` is (height, width) in pixels. `progress` is told
    after each image how many are done. `processes` are as many as the images are worth, up to all
    cores; the same seed gives the same bytes on any number of them.

    Raises:
        UnknownNameError: no synthetic dataset has that name.
        RunError: the folder has files already, or cannot be written.
    """
    if dataset not in WRITERS:
        raise UnknownNameError("synthetic dataset", dataset, WRITERS)
    done, tell = count(1), progress or (lambda _: None)
    with whole_folder(root / dataset) as folder:
        with pool_of(worth(images) if processes is None else processes) as pool:
            making = Making(images, seed, size, pool, lambda: tell(next(done)))
            counts = WRITERS[dataset](folder, making)
        _sign(folder, dataset, seed, size, counts)


def cached(
    dataset: str,
    *,
    images: int,
    seed: int = 0,
    size: tuple[int, int] = (256, 256),
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Return a root folder with that dataset in the user's cache, made if it is not there.

    Several processes may ask at once: each makes its own, the first to finish is kept.
    """
    height, width = size
    name = f"{dataset}-v{GENERATOR_VERSION}-seed{seed}-{images}-{height}x{width}"
    root = cache.folder() / "worlds" / name
    if is_synthetic(root / dataset):
        return root
    try:
        make(dataset, root, images=images, seed=seed, size=size, progress=progress)
    except RunError:
        if not is_synthetic(root / dataset):  # else another process was faster
            raise
    return root


def is_synthetic(folder: Path) -> bool:
    """Tell whether a dataset's folder was made here."""
    return (folder / MARK).is_file()


def _sign(
    folder: Path, dataset: str, seed: int, size: tuple[int, int], counts: dict[str, dict[str, int]]
) -> None:
    """Write what the folder is; last of all, so that only a whole one is signed."""
    content = {
        "dataset": dataset,
        "synthetic": True,
        "generator_version": GENERATOR_VERSION,
        "seed": seed,
        "size": size,
        "splits": counts,
    }
    (folder / MARK).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
