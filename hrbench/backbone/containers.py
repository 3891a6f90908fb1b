"""What kind of file a checkpoint is in, and whether it is whole: seen to before torch reads it.

What torch.save writes since 1.6 is a zip archive, whose checksums torch does not verify.
"""

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from hrbench.backbone import foreign
from hrbench.errors import WeightsError

CHUNK = 1 << 20
MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # that torch.save began with before 1.6
LONGEST_HEADER = 100_000_000  # bytes, of safetensors
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


@dataclass(frozen=True, slots=True)
class Container:
    """A file that is whole, as far as that can be seen."""

    checked: str  # what was verified, in words
    is_safetensors: bool = False


def verified(path: Path) -> Container:
    """Return what format a checkpoint is in, its checksums verified where it has any.

    Raises:
        WeightsError: it is another kind of file, cut off or damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(foreign.START)
    if start.startswith(b"PK\x03\x04"):
        return _zip(path)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < LONGEST_HEADER:
        return _safetensors(path, int.from_bytes(start[:8], "little"))
    if start.startswith(MAGIC):
        return Container("read to its last tensor; such a file has no checksums")
    if start and MAGIC.startswith(start):
        raise _cut(path, "it ends within its first bytes")
    raise WeightsError(f"{path} {foreign.words(path, start)}")


def _zip(path: Path) -> Container:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if (other := foreign.in_zip(archive.namelist())) is not None:
                raise WeightsError(f"{path} {other}")
            if not any(entry.CRC for entry in entries):  # torch.save can be told to leave them out
                return Container("its zip was written without checksums")
            damaged = [entry.filename for entry in entries if not _whole(archive, entry)]
    except zipfile.BadZipFile as error:
        raise _cut(path, "it is a zip archive without its table of contents") from error
    if damaged:
        raise WeightsError(
            f"{path} is damaged: the checksum (CRC-32) of {len(damaged)} of its {len(entries)} "
            f"entries is wrong, the first is {damaged[0]}; fetch or copy it again"
        )
    return Container(f"the checksums of all {len(entries)} entries")


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    try:
        with archive.open(entry) as content:
            while content.read(CHUNK):
                pass
    except DAMAGED_ZIP:
        return False
    return True


def _safetensors(path: Path, length: int) -> Container:
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(8 + length)[8:]
    if len(header) < length:
        raise _cut(path, f"its header has {len(header):,} of {length:,} bytes")
    try:
        entries = json.loads(header)
        ends = [v["data_offsets"][1] for name, v in entries.items() if name != "__metadata__"]
        told = 8 + length + max(ends, default=0)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"{path} is damaged: its safetensors header is no JSON of tensors; fetch it again"
        ) from error
    if told > size:
        raise _cut(path, f"its header tells of {told:,} bytes, and it has {size:,}")
    if told < size:
        raise WeightsError(
            f"{path} is damaged: {size - told:,} bytes more than its header tells of; "
            "fetch it again"
        )
    return Container("header and size; safetensors has no checksums", is_safetensors=True)


def _cut(path: Path, why: str) -> WeightsError:
    return WeightsError(f"{path} is cut off: {why}; fetch or copy it again")
