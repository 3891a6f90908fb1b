"""The pictures of a split beside their annotations, before anything is trained or measured."""

from dataclasses import replace

import numpy as np

from hrbench.data import framing, inspect
from hrbench.data.headers import headers
from hrbench.data.sample import People
from hrbench.pipeline.own import is_published
from hrbench.pipeline.sources import Source
from hrbench.spec import DatasetSpec, LandmarkTask

NOT_COMPARED = (
    f"sizes of pictures were not compared with the annotated ones (--allow {framing.NAME})"
)


def framed(people: People, spec: LandmarkTask, dataset: DatasetSpec, source: Source) -> People:
    """Return people whose pictures are turned as the protocol says, and compared when opened.

    The headers of one's own are looked at now.

    Raises:
        DataError: one's own pictures are of other sizes than annotated, or turned otherwise.
    """
    rule, skipped = spec.protocol.orientation, framing.NAME in source.allow
    people = replace(people, upright=rule == "followed")
    if not is_published(dataset):
        found = compared(people)
        folder = source.root / dataset.folder
        inspect.require(folder, found.turns(rule))
        met = inspect.require(folder, found.sizes(), source.allow)
    else:
        met = (NOT_COMPARED,) if skipped and people.sizes is not None else ()
    sizes = None if skipped else people.sizes
    return replace(people, sizes=sizes, allowed=(*people.allowed, *met))


def compared(people: People) -> framing.Compared:
    """Return how the pictures that are used differ from what is annotated of them."""
    used = np.unique(people.image).tolist()
    paths = [people.images[image] for image in used]
    sizes = None if people.sizes is None else [tuple(people.sizes[i].tolist()) for i in used]
    return framing.compared([path.name for path in paths], headers(paths), sizes)
