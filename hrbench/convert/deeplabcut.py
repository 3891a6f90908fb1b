"""DeepLabCut's annotations: the CollectedData_*.csv files of a project.

Source: DeepLabCut's documentation, "Standard DeepLabCut user guide" and "Multi-animal"; its
`CollectedData` tables as pandas writes them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hrbench.convert import deeplabcut_tables
from hrbench.convert.labels import Advise, Picture, Summary, paired
from hrbench.convert.writing import write
from hrbench.errors import DataError

PATTERN = "CollectedData_*.csv"
LABELLED = "labeled-data"  # a project's folder of annotated frames
MERGED = "training-datasets"  # where a training writes them again, all in one table


def convert(
    source: Path, target: Path, images: Path | None = None, *, advise: Advise | None = None
) -> Summary:
    """Turn a project's folder, a folder below it, or one file into COCO keypoints in `target`.

    Positions stay as they are. An individual is an object where a bodypart of it is labelled;
    bodyparts that belong to no animal ("single" beside individuals) are left out, said so. Of a
    project that was trained the labelled frames count, not the tables made of them.

    Raises:
        DataError: there is no such file, or one has a fault; the file and line are named.
        RunError: the target has such files already, or cannot be written.
    """
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
            objects_of.setdefault(row.image, []).extend(row.objects)
    pictures = [Picture(image, tuple(objects)) for image, objects in objects_of.items()]
    folder = source if source.is_dir() else source.parent
    made_from = f"DeepLabCut, {folder.name}"
    summary = write(pictures, paired(bodyparts), folder, target, made_from, advise=advise)
    left_out = tuple(f"{name}, which no animal has" for name in unique)
    return replace(summary, left_out=left_out, notes=_annotated_twice(files))


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
