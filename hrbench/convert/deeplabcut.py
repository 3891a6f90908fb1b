"""DeepLabCut's annotations: the CollectedData_*.csv files of a project.

Read here, not by sleap-io: that sorts the bodyparts by name, takes those that no animal has
("single") for an animal of their own, and reads no table that a spreadsheet saved.

Source: DeepLabCut's documentation, "Standard DeepLabCut user guide" and "Multi-animal"; its
`CollectedData` tables as pandas writes them.
"""

from pathlib import Path
from typing import Any

from hrbench.convert import deeplabcut_tables
from hrbench.convert.labels import NamePairs, Picture, Source, paired, seen
from hrbench.errors import DataError
from hrbench.files.yaml_files import read_yaml

PATTERN = "CollectedData_*.csv"
LABELLED = "labeled-data"  # a project's folder of annotated frames
MERGED = "training-datasets"  # where a training writes them again, all in one table
PROJECT = "config.yaml"  # describes a project, in its folder
ABOVE = 3  # folders above a table, the first in `labeled-data/VIDEO`, that may be the project's


def read(source: Path, images: Path | None = None) -> Source:
    """Return what a project's folder, a folder below it, its config.yaml, or one table has.

    Positions stay as they are. An individual is an object where a bodypart of it is labelled;
    bodyparts that belong to no animal ("single" beside individuals) are left out, said so. Of a
    project that was trained the labelled frames count, not the tables made of them. The skeleton
    of config.yaml becomes edges.

    Raises:
        DataError: there is no such file, or one has a fault; the file and line are named.
    """
    source = source.parent if source.name == PROJECT else source
    files = [source] if source.is_file() else tables(source)
    if not files:
        raise DataError(f"{source}: no {PATTERN} in it; name a DeepLabCut project's folder")
    objects_of: dict[Path, list[Any]] = {}
    bodyparts: tuple[str, ...] = ()
    unique: dict[str, None] = {}
    for file in files:
        table = deeplabcut_tables.read(file, images)
        bodyparts = bodyparts or table.bodyparts
        if table.bodyparts != bodyparts:
            names = f"{', '.join(table.bodyparts)}, and {files[0]} has {', '.join(bodyparts)}"
            raise DataError(f"{file} has the bodyparts {names}; convert them one by one")
        unique |= dict.fromkeys(table.unique)
        for row in table.rows:
            objects_of.setdefault(row.image, []).extend(map(seen, row.objects))
    folder = source if source.is_dir() else source.parent
    edges, notes = _edges(files[0], bodyparts)
    return Source(
        [Picture(image, tuple(objects)) for image, objects in objects_of.items()],
        paired(bodyparts, edges),
        folder,
        f"DeepLabCut, {folder.resolve().name}",
        left_out=tuple(f"{name}, which no animal has" for name in unique),
        notes=(*_annotated_twice(files), *notes),
    )


def tables(folder: Path) -> list[Path]:
    """Return the tables of labelled frames below a folder."""
    labelled = folder / LABELLED
    files = sorted((labelled if labelled.is_dir() else folder).rglob(PATTERN))
    apart = [file for file in files if MERGED not in file.relative_to(folder).parts]
    return apart or files


def _annotated_twice(files: list[Path]) -> tuple[str, ...]:
    """Say that several tables are of the same frames."""
    of_folder: dict[Path, list[str]] = {}
    for file in files:
        of_folder.setdefault(file.parent, []).append(file.name)
    return tuple(
        f"{folder} has {len(names)} tables, {' and '.join(names)}: their objects are there side by "
        "side; to train, convert one annotator's tables"
        for folder, names in of_folder.items()
        if len(names) > 1
    )


def _edges(table: Path, bodyparts: tuple[str, ...]) -> tuple[NamePairs, tuple[str, ...]]:
    """Return the skeleton of a table's project, and what is odd about it, which stops nobody."""
    files = [folder / PROJECT for folder in table.resolve().parents[:ABOVE]]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return (), ()
    try:
        content = read_yaml(file)
    except DataError as error:
        return (), (f"no edges are drawn: {error}",)
    given: Any = content.get("skeleton") if isinstance(content, dict) else None
    listed = given if isinstance(given, list) else []
    pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2]
    named = [(str(start), str(end)) for start, end in pairs]
    known = [pair for pair in named if {*pair} <= {*bodyparts} and pair[0] != pair[1]]
    edges = tuple({frozenset(pair): pair for pair in known}.values())
    others = len(named) - len(known)
    odd = f"{others} of the {len(named)} edges in {PROJECT} are of other bodyparts"
    return edges, (odd,) if others else ()
