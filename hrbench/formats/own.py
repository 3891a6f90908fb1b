"""What is said of a dataset of one's own before it is trained on.

Letters: M images, N annotations.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pydantic
from numpy.typing import NDArray

from hrbench import catalog
from hrbench.data.annotated import Annotations
from hrbench.data.inspect import Fault
from hrbench.formats.coco.reading import in_validation
from hrbench.formats.listings import Listing
from hrbench.lints import own_keypoints
from hrbench.lints.swapped_sides import Suspects, suspects
from hrbench.spec import DatasetSpec, NamePairs, Names, Split, Table


class Named(Table):
    """What a dataset's file says of its keypoints, before the rest of it is looked at."""

    keypoints: Names
    flip_pairs: NamePairs = ()
    edges: NamePairs = ()
    sigmas: list[float] | None = None


def faults_of_file(raw: dict[str, Any]) -> list[Fault]:
    """Return all that is wrong with what a dataset's file says of its keypoints, and what is odd.

    Nothing where it says it in a form that no dataset's file has: reading it says that.
    """
    try:
        said = Named.model_validate({key: raw[key] for key in Named.model_fields if key in raw})
    except pydantic.ValidationError:
        return []
    return own_keypoints.names_faults(said.keypoints, said.flip_pairs, said.edges, said.sigmas)


def is_own(dataset: DatasetSpec) -> bool:
    """Whether the annotations may say less than COCO's, and nobody has looked at them."""
    return dataset.format == "coco" and not dataset.complete


def is_published(dataset: DatasetSpec) -> bool:
    """Whether it is one that comes with hrbench, so that many have looked at its pictures.

    It may have the names that others give to its files.
    """
    if dataset.name not in catalog.names("datasets"):
        return False
    shipped = catalog.load_dataset(dataset.name)
    own_names = {other: name for name, other in shipped.renamed.items()}

    def place(name: str | None) -> str | None:
        return own_names.get(name or "", name)

    return dataset.placed(place) == shipped


def of_split(listed: Listing, dataset: DatasetSpec, split: Split) -> Listing:
    """Return what a listing has of a split: of its part of the images, where the seed chose it."""
    if split.part is None:
        return listed
    kept = _in_part(listed.names, dataset, split)
    names = tuple(name for name, chosen in zip(listed.names, kept, strict=True) if chosen)
    sizes = listed.sizes and [
        size for size, chosen in zip(listed.sizes, kept, strict=True) if chosen
    ]
    if listed.table is None:
        return replace(listed, names=names, sizes=sizes)
    table = listed.table.rows((listed.table.image >= 0) & kept[listed.table.image])
    labelled = int((table.keypoints[..., 2] > 0).any(axis=1).sum())
    return replace(
        listed, names=names, sizes=sizes, persons=len(table.ids), labelled=labelled, table=table
    )


def notes(dataset: DatasetSpec, listed: Listing | None) -> list[Fault]:
    """Return what a person should look at in the annotations of a split."""
    if listed is None or listed.table is None or not is_own(dataset):
        return []
    table = listed.table
    return own_keypoints.annotation_faults(
        table, dataset.keypoints, _sides(table, dataset), dataset.flip_pairs
    )


def _sides(table: Annotations, dataset: DatasetSpec) -> Suspects:
    pairs = dataset.indices(dataset.flip_pairs)
    return suspects(table.keypoints[..., :2], table.keypoints[..., 2] > 0, pairs)


def _in_part(names: Sequence[str], dataset: DatasetSpec, split: Split) -> NDArray[np.bool_]:
    """Return which images of a file are of a split that the seed makes of them."""
    held_out = in_validation(names, dataset.validation_share, dataset.split_seed)
    return held_out if split.part == "validation" else ~held_out
