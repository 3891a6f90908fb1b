"""What a dataset's file may say of where its files are given out."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from hrbench.spec.tables import Below, Count, FromList, Names, Table


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
    hash: Annotated[str, Field(pattern="^(md5|sha256):[0-9a-f]+$")] | None = None
    splits: Names = ()  # that need it; () all
    gives: Annotated[tuple[Place, ...], FromList, Field(min_length=1)]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if bool(self.address) == bool(self.steps):
            raise ValueError("name an address or steps, one of them")
        if self.address and not self.file:
            raise ValueError("the key 'file' is missing")
        return self
