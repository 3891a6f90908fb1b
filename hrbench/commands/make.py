"""A synthetic dataset in the real one's on-disk format."""

from pathlib import Path

from hrbench import catalog, world
from hrbench.engine.progress import Steps

MANY = 1000  # images that take more than a moment


def make(name: str, folder: Path, *, images: int, seed: int) -> str:
    """Write the synthetic set of a dataset, or of a task's, below a folder; return its name.

    Raises:
        HrbenchError: there is none of that name, or it cannot be written.
    """
    if name not in world.WRITERS and catalog.name_and_variant(name)[0] in catalog.names("tasks"):
        name = catalog.load_dataset(name).folder
    with Steps("drawing images", images, shown=images >= MANY) as steps:

        def drawn(done: int) -> None:
            if done <= images:  # the training set's come first
                steps.advance()

        world.make(name, folder, images=images, seed=seed, progress=drawn)
    return name
