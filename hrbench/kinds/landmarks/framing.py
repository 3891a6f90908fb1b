"""The pictures of a split beside their annotations, before anything is trained or measured."""

from dataclasses import replace

import numpy as np

from hrbench import catalog
from hrbench.data import framing, image_checks
from hrbench.data.faults import Fault, stop_at_fatal
from hrbench.data.sample import People
from hrbench.formats.image_files import headed
from hrbench.formats.location import DataRoot
from hrbench.spec import DatasetSpec, LandmarkTask

SOME = 64  # pictures, from all over a published dataset
SWAPPED = (
    "annotated width and height are swapped, as in the first files of CrowdPose: {}; so in {} "
    "of some pictures looked at"
)
NOT_COMPARED = (
    f"sizes of pictures were not compared with the annotated ones (--allow {framing.NAME})"
)


def framed(people: People, spec: LandmarkTask, dataset: DatasetSpec, data_root: DataRoot) -> People:
    """Return people whose pictures are turned as the protocol says, and compared when opened.

    The headers of one's own are looked at now, and some of a published dataset's: where its
    files are known to have width and height swapped, boxes end at the edges that are annotated, as
    they do in the official code, and nothing more is compared.

    Raises:
        DataError: one's own pictures are of other sizes than annotated, or turned otherwise.
    """
    rule, skipped = spec.protocol.orientation, framing.NAME in data_root.allow
    people = replace(people, upright=rule == "followed")
    if catalog.is_published(dataset):
        met = _of_published(people, skipped=skipped)
        skipped = bool(met)
    else:
        broken, compared = looked(people)
        folder = data_root.folder / dataset.folder
        stop_at_fatal(folder, [*broken, *compared.turns(rule)])
        met = stop_at_fatal(folder, compared.sizes(), data_root.allow)
    sizes = None if skipped else people.sizes
    return replace(people, sizes=sizes, allowed=(*people.allowed, *met))


def _of_published(people: People, *, skipped: bool) -> tuple[str, ...]:
    """Return in words why nothing is compared, if so."""
    if people.sizes is None:
        return ()
    if skipped:
        return (NOT_COMPARED,)
    swapped = looked(people, SOME)[1].swapped
    return (SWAPPED.format(swapped[0], len(swapped)),) if swapped else ()


def looked(people: People, most: int | None = None) -> tuple[list[Fault], framing.Compared]:
    """Return which pictures that are used, at most so many, are broken or not as annotated."""
    used = np.unique(people.image)
    if most is not None:
        used = used[:: -(-len(used) // most) or 1]
    paths = [people.images[image] for image in used.tolist()]
    sizes = None if people.sizes is None else [tuple(people.sizes[i].tolist()) for i in used]
    names, seen = [path.name for path in paths], headed(paths)
    return image_checks.undecoded(names, seen), framing.compared(names, seen, sizes)
