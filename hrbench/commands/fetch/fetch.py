"""What a dataset's addresses give: fetched, compared, unpacked and put where it is read."""

from collections.abc import Callable
from contextlib import suppress

from hrbench.begun.under_way import take
from hrbench.commands.fetch.plan import SCRATCH, Part, Plan, State, free
from hrbench.commands.fetch.text import many, size
from hrbench.commands.fetch.unpacking import unpack
from hrbench.errors import FetchError, RunError
from hrbench.fetching.download import download, parsed

ADVICE = "Name another folder with --data, or fewer splits with --only."


def fetch(plan: Plan, *, keep: bool, tell: Callable[[str], None]) -> None:
    """Fetch and unpack what a plan has addresses or archives for.

    Nothing that lies there is written anew. Of an archive nothing is in its place before all of
    it is; what was cut off goes on where it stopped.

    Args:
        plan: what is to be done.
        keep: whether to keep the archives that were fetched. Those that a person put there stay.
        tell: is given what a person should know.

    Raises:
        HrbenchError: the disk has no room, another process fetches the dataset, an address gives
            nothing, or something else than it should, or an archive is not whole.
    """
    needed, there = plan.room(keep=keep), free(plan.folder)
    if needed > there:
        words = f"{size(needed)} are needed on the way, and {size(there)} are free"
        raise RunError(f"{plan.folder}: {words}. {ADVICE}")
    scratch, parts = plan.folder / SCRATCH, plan.of(State.UNPACK, State.FETCH)
    if not parts:
        return
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with take(scratch):
            for part in parts:
                _archive(part)
                if other := _put(part):
                    words = f"of another size than in {part.download.file}; they stay as they are"
                    tell(f"{part.folder}: {many(other)} there already, {words}")
                _put_away(part, keep=keep)
    except OSError as error:
        place = error.filename or plan.folder
        raise RunError(f"{place} cannot be written: {error.strerror}. {ADVICE}") from error
    finally:
        with suppress(OSError):  # something is left to go on from
            scratch.rmdir()


def _archive(part: Part) -> None:
    """Have the file of a download where it lies, and compare it with what its publisher says."""
    about = part.download
    if about.address:
        download(about.address, part.archive, known=about.hash or "", advice=ADVICE)
    elif about.hash is not None:
        import pooch  # noqa: PLC0415

        algorithm, digits = parsed(about.hash)
        if pooch.file_hash(part.archive, algorithm) != digits:
            raise FetchError(
                f"{part.archive}: its {algorithm.upper()} is not {digits[:8]}…, as that of the "
                "file that is given out; get it again"
            )


def _put(part: Part) -> list[str]:
    """Put what a download gives into its places; return what lies there and is something else."""
    about = part.download
    if about.gives[0].entry is None:  # the file itself
        place = part.folder / about.gives[0].place
        place.parent.mkdir(parents=True, exist_ok=True)
        part.archive.replace(place)
        return []
    return unpack(part.archive, about.gives, part.folder, part.coming)


def _put_away(part: Part, *, keep: bool) -> None:
    if part.state is State.UNPACK or not part.archive.exists():
        return
    if keep:
        part.archive.replace(part.folder / part.download.file)
    else:
        part.archive.unlink()
