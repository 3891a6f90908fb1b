"""MPII's format: persons with a centre and a size, and the .mat file of the truth."""

from functools import partial
from pathlib import Path

from hrbench.data.faults import Fault, stated
from hrbench.errors import DataError
from hrbench.files.json_files import parse
from hrbench.formats import split_files
from hrbench.formats.contract import PeopleFormat
from hrbench.formats.findings import Facts, Part
from hrbench.formats.listing import Listed, Listing, SplitFile
from hrbench.formats.mpii import head_truth, reader, reading
from hrbench.metrics.pckh import HeadTruth
from hrbench.spec import DatasetSpec, Split


def _listing(file: SplitFile, dataset: DatasetSpec, split: Split) -> Listed:
    content, count = parse(file.content, Path(file.path.name)), len(dataset.keypoints)
    table, faults = reader.examined(content, count, hidden=not split.annotated)
    if table is None:
        return None, faults
    people, labelled = reader.people(table, Path()), int(table.visible.any(axis=1).sum())
    listed = Listing(
        table.file_names,
        None,
        len(people),
        labelled,
        people=people,
        heads=partial(_heads, table),
    )
    return listed, faults


def _heads(table: reader.Annotations, root: Path, place: str) -> tuple[Part, list[Fault]]:
    """Look at the file of the heads that PCKh measures by, beside the annotated persons."""
    file, facts, words = SplitFile(root, place), Facts(), "not usable"
    try:
        truth, faults = head_truth.examined(file.path, table)
        facts["heads"] = len(truth.head_sizes)
        words = f"{len(truth.head_sizes):,} heads"
    except DataError as error:
        faults = [stated(str(error))]
    return split_files.part_of("heads", file, facts, words), faults


MPII = PeopleFormat(
    report=partial(split_files.report, listing=_listing),
    listing=_listing,
    training=reading.training,
    evaluation=reading.evaluation,
    truth=HeadTruth,
    subject="person",
)
