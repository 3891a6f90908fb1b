"""The image files of people: whether they are there, and whether the people are in them."""

from dataclasses import replace
from pathlib import Path

from hrbench.data import stored
from hrbench.data.faults import stop_at_fatal
from hrbench.data.sample import People, used_images
from hrbench.errors import DataError
from hrbench.formats.location import DataRoot
from hrbench.lints import within as positions
from hrbench.spec import DatasetSpec


def require_images(dataset: DatasetSpec, people: People) -> None:
    """Look for the files of all images with boxes, a folder at a time.

    Raises:
        DataError: some are missing.
    """
    if people.inside is not None:
        return
    used = used_images(people)
    names = {folder: _listed(folder) for folder in {path.parent for path in used}}
    missing = [path for path in used if path.name not in names[path.parent]]
    if missing:
        issued = f"; `hrbench check {dataset.name}` says who issues them"
        raise DataError(
            f"{dataset.name}: {len(missing)} of {len(used)} image files do not exist, the first "
            f"is {missing[0]}{issued if dataset.homepage else ''}"
        )


def within(dataset: DatasetSpec, data_root: DataRoot, people: People) -> People:
    """Return people whose keypoints are in their pictures, as far as a look at some tells.

    Raises:
        DataError: many are not, and the user does not allow it.
    """
    faults = positions.faults(people.images, people.image, people.keypoints, people.visible)
    met = stop_at_fatal(data_root.folder / dataset.folder, faults, data_root.allow)
    return replace(people, allowed=(*people.allowed, *met))


def _listed(folder: Path) -> set[str]:
    try:
        return set(stored.listed(folder).files)
    except OSError:
        return set()
