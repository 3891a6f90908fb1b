"""Runs put into one file, for others to read, compare and verify."""

from dataclasses import dataclass
from pathlib import Path

from hrbench.errors import RunError
from hrbench.report import archive, output, run_folders, runs, verifying


@dataclass(frozen=True, slots=True)
class Bundled:
    """What an archive holds."""

    path: Path
    runs: int
    files: int


def bundle(
    names: tuple[str, ...], path: Path, *, weights: bool, pictures: bool, force: bool
) -> Bundled:
    """Write the runs that are named into an archive: what they say, and what it comes out of.

    Checkpoints are large, and pictures show images of the dataset: they are asked for.

    Raises:
        HrbenchError: a run is not there, has not ended or was changed; or the file is there.
    """
    loaded = runs.load(names, run_folders.RUNS, strict=True)
    if loaded.unfinished:
        raise RunError(f"{loaded.unfinished[0]}: has not ended; name the runs that have")
    contents: dict[str, Path] = {}
    for folder, record in zip(loaded.folders, loaded.records, strict=True):
        for fault in verifying.of_files(folder, record.content()):
            raise RunError(f"{folder}: {fault}; `hrbench verify {folder}` says all of it")
        place = f"{record.task}/{folder.name}"
        if f"{place}/{run_folders.FILE}" in contents:
            raise RunError(f"{folder}: another run that is named is called {place} too")
        kept = archive.of_run(folder, weights=weights, pictures=pictures)
        contents |= {f"{place}/{name}": folder / name for name in kept}
    output.require_free(path, force=force)
    archive.write(path, contents)
    return Bundled(path, len(loaded.records), len(contents))
