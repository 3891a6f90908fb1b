"""Pictures beside what is annotated of them: of one size, and the same way up.

An EXIF tag says how a viewer turns a picture. Annotations are either of the stored pixels, as in
the official datasets, or of what a viewer shows, as most tools for labelling do it. Which, the
protocol says; where the annotated sizes tell otherwise, or nothing, nobody trains or measures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from hrbench.data.faults import Fault, fault_of
from hrbench.data.headers import UPRIGHT, Header, Size, header
from hrbench.data.orientation import orientation, upright
from hrbench.data.parts import Opened, Whole
from hrbench.data.sample import Inside, People
from hrbench.errors import DataError

Rule = Literal["ignored", "followed"]
Read = Callable[[Path, Inside | None], NDArray[Any]]
NAME = "image-sizes"  # what `--allow` takes
KEY = "protocol.orientation"
OTHER = "images of another size than annotated"
SWAPPED = "images whose annotated width and height are swapped"
AS_TURNED = (
    "images annotated as a viewer shows them, turned by their EXIF tag "
    f'({KEY} = "followed" in the task\'s file reads them so)'
)
AS_STORED = (
    "images annotated as they are stored, not turned by their EXIF tag "
    f'({KEY} = "ignored" in the task\'s file reads them so)'
)
UNTOLD = (
    "images with an EXIF turn, of which the annotated sizes do not tell whether it was followed "
    f'(say in the task\'s file {KEY} = "followed" if the annotations are of what a viewer shows, '
    '"ignored" if of what is stored)'
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Pictures that are not plainly what is annotated of them, each in a few words."""

    other: list[str] = field(default_factory=list)  # size
    swapped: list[str] = field(default_factory=list)  # width and height, and no tag to do it
    as_turned: list[str] = field(default_factory=list)  # by their tag
    as_stored: list[str] = field(default_factory=list)  # though they have a tag
    untold: list[str] = field(default_factory=list)  # either fits, or there is no size

    def sizes(self, *, published: bool = False) -> list[Fault]:
        """Return the faults that no turn explains; a user may allow them.

        Published files with swapped sizes are used as they are, by everybody.
        """
        swapped = fault_of(SWAPPED, self.swapped, fatal=not published, name=NAME)
        return [*fault_of(OTHER, self.other, name=NAME), *swapped]

    def turns(self, rule: Rule | None) -> list[Fault]:
        """Return what makes a rule the wrong one; without a rule, tags are ignored if they can."""
        if rule == "followed":
            return fault_of(AS_STORED, self.as_stored)
        untold = [] if rule == "ignored" else fault_of(UNTOLD, self.untold)
        return [*fault_of(AS_TURNED, self.as_turned), *untold]

    def remarks(self) -> list[Fault]:
        """Return what a task has to say of turns, for someone who has none yet."""
        kinds = ((AS_TURNED, self.as_turned), (AS_STORED, self.as_stored), (UNTOLD, self.untold))
        return [one for kind, names in kinds for one in fault_of(kind, names, fatal=False)]


def compared(
    names: Sequence[str], headers: Sequence[Header | str | None], sizes: Sequence[Size] | None
) -> Compared:
    """Return how pictures differ from their annotated sizes, where there are any.

    Those without a header, which cannot be read, are passed over.
    """
    result = Compared()
    annotated = [None] * len(names) if sizes is None else sizes
    for name, seen, size in zip(names, headers, annotated, strict=True):
        if not isinstance(seen, Header):
            continue
        if size is not None and size not in {seen.size, seen.turned}:
            words = f"{name} is {_by(seen.size)}, not {_by(size)}"
            (result.swapped if size == seen.size[::-1] else result.other).append(words)
        elif seen.tag != UPRIGHT:
            either = size is None or seen.size == seen.turned
            same = result.as_stored if size == seen.size else result.as_turned
            (result.untold if either else same).append(f"{name}: tag {seen.tag}")
    return result


def picture(people: People, image: int, read: Read) -> NDArray[Any]:
    """Return the pixels of an image, in the frame of the positions in it.

    Args:
        people: of whom it is.
        image: its index.
        read: gives the stored (height, width, ...) pixels of a file, or of what is inside of one.

    Raises:
        DataError: it cannot be read, or is of another size than annotated.
    """
    if people.prepared is not None:
        return people.prepared.whole(image)
    path = people.images[image]
    pixels = read(path, people.inside)
    if people.upright:
        pixels = upright(pixels, orientation(path))
    if people.sizes is not None:
        width, height = people.sizes[image].tolist()
        if width and pixels.shape[:2] != (height, width):
            _require_swapped(path, pixels.shape, (width, height))
    return pixels


def opened(people: People, image: int, read: Read) -> Opened:
    """Return an image of which crops ask for the parts that they look at; `picture` says how.

    Raises:
        DataError: it cannot be read, or is of another size than annotated.
    """
    if people.prepared is not None:
        return people.prepared.opened(image)
    return Whole(picture(people, image, read))


def _require_swapped(path: Path, shape: tuple[int, ...], size: Size) -> None:
    """Refuse a picture of another size, unless its width and height are swapped without a tag.

    So they are in some published files; one's own have been looked through before.
    """
    seen = header(path)
    if seen is None or seen.tag != UPRIGHT or shape[:2] != size:
        raise _mismatch(path, seen, shape, size)


def _mismatch(path: Path, seen: Header | None, shape: tuple[int, ...], size: Size) -> DataError:
    words = f"{path} has {_by((shape[1], shape[0]))} pixels and is annotated as {_by(size)}"
    if seen is not None and seen.size != seen.turned and size in {seen.size, seen.turned}:
        rule = "ignored" if size == seen.size else "followed"
        return DataError(
            f'{words}: its EXIF tag is {seen.tag}, and {KEY} = "{rule}" in the task\'s file reads '
            "it as annotated"
        )
    return DataError(
        f"{words}; is it another picture, or was it made smaller? `--allow {NAME}` goes on all "
        "the same"
    )


def _by(size: Sequence[int]) -> str:
    return f"{size[0]} x {size[1]}"
