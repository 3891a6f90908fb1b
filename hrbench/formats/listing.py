"""What a split's file of annotations lists, and what of it a look at its images needs.

Letters: M images.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrbench.data.annotated import Annotations
from hrbench.data.divided import Divided
from hrbench.data.faults import Fault
from hrbench.data.headers import Size
from hrbench.data.sample import People
from hrbench.errors import DataError
from hrbench.formats.division import Values
from hrbench.formats.findings import Part
from hrbench.spec import DatasetSpec, Split


@dataclass(frozen=True)
class SplitFile:
    """The file of annotations of a split, or a folder that an original release has of it."""

    root: Path  # of the dataset
    place: str  # below it

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root / self.place

    @cached_property
    def content(self) -> bytes:
        """Its bytes, read once.

        Raises:
            DataError: it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise DataError(f"{self.place} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Listing:
    """What a file of annotations lists."""

    names: tuple[str, ...]  # (M,) of image files
    sizes: list[Size] | None  # (M,) of the images; None where the format has none
    persons: int
    labelled: int  # persons with a keypoint
    what: str = "persons"
    folder: str | None = None  # that the names are relative to; None: where the split has images
    bytes: int = 0  # of the files, where there are several
    table: Annotations | None = None  # of COCO's format
    images: Annotations | None = None  # the whole file's, where nothing but its persons is faulty
    people: People | None = None  # of formats that do not say how large the images are
    # (M,) of each field by which images are divided, the values that each has.
    values: Values = field(default_factory=dict)
    divided: Divided | None = None  # how the file's images are, where these are a part of them
    # Looks at the file of the heads of these persons, given the dataset's folder and its place.
    heads: Callable[[Path, str], tuple[Part, list[Fault]]] | None = None

    def of_images(self, chosen: NDArray[np.bool_]) -> "Listing":
        """Return what is listed of some of the M images."""
        names = tuple(name for name, kept in zip(self.names, chosen, strict=True) if kept)
        sizes = self.sizes and [size for size, kept in zip(self.sizes, chosen, strict=True) if kept]
        if self.people is not None:
            return replace(self, names=names, sizes=sizes, **_of_people(self.people, chosen))
        if self.table is None:
            return replace(self, names=names, sizes=sizes)
        table = self.table.rows((self.table.image >= 0) & chosen[self.table.image])
        labelled = int((table.keypoints[..., 2] > 0).any(axis=1).sum())
        return replace(
            self, names=names, sizes=sizes, persons=len(table.ids), labelled=labelled, table=table
        )


def _of_people(people: People, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Return what a listing says of the people of some of the M images, which are theirs alone."""
    place = np.cumsum(chosen) - 1
    rows = np.flatnonzero(chosen[people.image])
    some = people.rows(rows)
    own = replace(
        some,
        images=tuple(path for path, kept in zip(people.images, chosen, strict=True) if kept),
        image_ids=people.image_ids[chosen],
        image=place[some.image],
    )
    labelled = int(own.visible.any(axis=1).sum())
    return {"people": own, "persons": len(own), "labelled": labelled}


NOTHING_LISTED = Listing((), None, 0, 0)
Listed = tuple[Listing | None, list[Fault]]  # no listing where nothing can be made of the file
ListFiles = Callable[[SplitFile, DatasetSpec, Split], Listed]
