"""A table of a TOML file, and the kinds of values that its keys have.

Frozen and strict: an unknown key, a wrong type, a number out of range is refused.
`catalog` reads the files, `validation` turns refusals into sentences.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value  # TOML knows only lists


def leaves(name: str) -> bool:
    """Whether a name, with / between its folders, may lead out of the folder that it lies in."""
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or any(sign in name for sign in "\\:\0")


def _below(name: str) -> str:
    if leaves(name):
        raise ValueError(f"'{name}' does not lie below the folder; write / between folders")
    return name


FromList = BeforeValidator(_tuple)
Below = Annotated[str, AfterValidator(_below)]  # a file or folder, below one that is known
Names = Annotated[tuple[str, ...], FromList]
NamePairs = Annotated[tuple[Annotated[tuple[str, str], FromList], ...], FromList]
Counts = Annotated[tuple[int, ...], FromList]
Multiple = Annotated[int, Field(ge=32, multiple_of=32)]  # the coarsest branch has a 32nd
Size = Annotated[tuple[Multiple, Multiple], FromList]  # height, width in pixels
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Scales = Annotated[tuple[Positive, ...], Field(min_length=1), FromList]
Sizes = Annotated[tuple[Positive, ...], FromList]
Colors = Annotated[tuple[NotNegative, NotNegative, NotNegative], FromList]  # red, green, blue


class Table(BaseModel):
    """One table of a TOML file."""

    # Built when it is first read: most commands read few of them.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    def plain(self) -> dict[str, Any]:
        """Return it as dicts, lists, numbers and strings, as TOML and JSON have them."""
        return self.model_dump(mode="json", exclude_none=True)


def dotted(tables: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return what nested tables say, by keys as `a.b`."""
    said: dict[str, Any] = {}
    for key, value in tables.items():
        inner = dotted(value, f"{before}{key}.") if isinstance(value, dict) else None
        said |= {f"{before}{key}": value} if inner is None else inner
    return said
