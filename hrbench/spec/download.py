"""What a dataset's file may say of where its files are given out."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from hrbench.spec.tables import Below, Count, FromList, Names, Table

HASH = re.compile("md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}")


class Place(Table):
    """What a download gives: a file or folder below the dataset's folder."""

    place: Below  # where it lies
    entry: str | None = None  # what it is in the archive, "." all of it; None: the file itself
    files: Count = 1  # in it, when it is whole


class Download(Table):
    """A file that its publisher gives out: fetched from its address, or got by hand."""

    file: Below = ""  # its name; of what only steps lead to it may be none
    address: str = ""
    steps: Names = ()  # where there is no address: what to do before it lies in the folder
    bytes: Count | None = None
    unpacked: Count | None = None  # bytes of what it gives, where these are many more
    hash: str | None = None  # "md5:…" or "sha256:…", with all digits
    splits: Names = ()  # that need it; () all
    gives: Annotated[tuple[Place, ...], FromList, Field(min_length=1)]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if bool(self.address) == bool(self.steps):
            raise ValueError("name an address or steps, one of them")
        if self.address and not self.file:
            raise ValueError("the key 'file' is missing")
        if self.hash is not None and not HASH.fullmatch(self.hash):
            raise ValueError("hash: write md5: and 32 hex digits, or sha256: and 64")
        return self

    @model_validator(mode="after")
    def _gives_all_that_it_says(self) -> Self:
        itself = [one.place for one in self.gives if one.entry is None]
        if self.file and itself and len(self.gives) > 1:
            raise ValueError(f"gives: say what entry of the archive '{itself[0]}' is")
        return self
