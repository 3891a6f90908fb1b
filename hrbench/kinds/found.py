"""What was found in one picture: its values, a table of them, and the picture with them on it.

Letters: H x W pixels.
"""

import base64
import html
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from PIL import Image

from hrbench.arrays import Pixels
from hrbench.draw.predicted import MARKS
from hrbench.errors import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

WIDEST = 800  # pixels of a picture in a notebook


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Found(ABC):
    """What was found in one picture.

    Attributes:
        picture: gives the (H, W, 3) BGR pixels that it is drawn on.
        file: the picture's, "" where it came from none.
        tracks: of each object its number among those of a video; none where nobody followed them.
    """

    finds: ClassVar[str]  # what it is, as files are called

    picture: Callable[[], Pixels]
    file: str = ""
    tracks: tuple[int, ...] = ()

    @property
    def amount(self) -> str:
        """How much was found, in words behind what it is; nothing where that is always the same."""
        return ""

    @property
    @abstractmethod
    def header(self) -> tuple[str, ...]:
        """What the columns of `cells` are called."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """Return it as JSON has it."""

    @abstractmethod
    def cells(self) -> list[list[Any]]:
        """Return it as the lines of a table."""

    @abstractmethod
    def drawn(self, marks: Collection[str] = ()) -> Pixels:
        """Return the (H, W, 3) BGR picture with what was found on it, and `MARKS` on request."""

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as the rows of `hrbench predict`'s JSON have it."""
        return {"file_name": self.file, self.finds: self.rows()}

    def to_df(self) -> "pd.DataFrame":
        """Return what was found as the columns of `hrbench predict`'s CSV have it."""
        import pandas as pd  # noqa: PLC0415  takes its time

        table = pd.DataFrame(self.cells(), columns=list(self.header))
        table.insert(0, "file", self.file)
        return table

    def plot(self, *marks: str) -> Image.Image:
        """Return the picture with what was found on it, to look at, or to save by its `save`.

        Args:
            marks: what is drawn besides: "boxes", "scores".

        Raises:
            UnknownNameError: there is no such mark.
        """
        for mark in marks:
            if mark not in MARKS:
                raise UnknownNameError("mark", mark, MARKS)
        return Image.fromarray(self.drawn(marks)[..., ::-1])

    def table(self) -> "pd.DataFrame":
        """Return what a notebook shows below the picture."""
        return self.to_df().drop(columns="file")

    def __repr__(self) -> str:
        where = f" in {self.file}" if self.file else ""
        return f"<{type(self).__name__}{self.amount}{where}>"

    def _repr_html_(self) -> str:
        """Return the picture and the table, for a notebook."""
        picture, content = self.plot(), io.BytesIO()
        picture.thumbnail((WIDEST, WIDEST))
        picture.save(content, "jpeg", quality=88)
        encoded = base64.b64encode(content.getvalue()).decode("ascii")
        title = html.escape(self.file or self.finds, quote=True)
        shown = self.table().to_html(index=False, border=0)
        image = f'<img src="data:image/jpeg;base64,{encoded}" alt="{title}" title="{title}">'
        return f"<div>{image}<br>{shown}</div>"
