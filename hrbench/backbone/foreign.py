"""Files that are no checkpoint of torch's: each named for what it is, with what to do."""

import tarfile
from collections.abc import Sequence
from pathlib import Path

START = 1024  # bytes that tell most kinds
AGAIN = "fetch it again"
READS = "hrbench reads what torch.save wrote, and safetensors"
UNPACK = "unpack it, and name the checkpoint inside"
COMPRESSED = f"is compressed ({{}}): {UNPACK}"
OF_KERAS = f"is an HDF5 file, as Keras and TensorFlow write: {READS}; look for a PyTorch release"
TENSORFLOW = f"is of TensorFlow: {READS}; look for a PyTorch release of the same weights"
SIGNS = (  # what a file begins with, and what it is then
    (b"version https://git-lfs", "is a git-LFS pointer and not the file: run `git lfs pull`"),
    (b"\x1f\x8b", COMPRESSED.format("gzip")),
    (b"BZh", COMPRESSED.format("bzip2")),
    (b"\xfd7zXZ\x00", COMPRESSED.format("xz")),
    (b"\x28\xb5\x2f\xfd", COMPRESSED.format("zstd")),
    (b"7z\xbc\xaf\x27\x1c", COMPRESSED.format("7z")),
    (b"Rar!\x1a\x07", COMPRESSED.format("rar")),
    (b"PK\x05\x06", f"is an empty zip archive: {AGAIN}"),
    (b"\x89HDF\r\n\x1a\n", OF_KERAS),
    (b"\x93NUMPY", f"is one NumPy array (.npy): {READS}"),
    (b"GGUF", f"is a GGUF file: {READS}"),
    (b"\x89PNG", "is a picture (PNG) and no weights"),
    (b"\xff\xd8\xff", "is a picture (JPEG) and no weights"),
    (b"%PDF", "is a PDF and no weights"),
)
PICKLE = (
    "is a pickle that torch.save did not write, and would run code to be read: ask its publisher "
    "for the bare tensors (a state dict by torch.save, or safetensors)"
)
PROTOCOLS = b"\x02\x03\x04\x05"
ONNX = "is an ONNX graph: name the checkpoint that it was exported from"
ONNX_FIELDS = b"\x12\x1a\x22\x28\x32\x3a\x42"  # what may follow the version in its protobuf
NEWEST_ONNX = 64  # of the format's versions, with room
PAGE = "is a web page and not the file: open its address in a browser and save what that offers"
TFLITE, CHECKPOINT_INDEX = b"TFL3", b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
SCRIPT = (
    "is a TorchScript archive, a program: ask for the state dict it was made of, or write that "
    "with `torch.save(torch.jit.load(FILE).state_dict(), OTHER)`"
)
PROGRAM = "is a program by torch.export: name the checkpoint that it was exported from"
IN_ZIP = (  # what the name of an entry ends in, and what the archive is then
    ("/constants.pkl", SCRIPT),
    ("serialized_exported_program.json", PROGRAM),
    ("models/model.json", PROGRAM),
    ("/archive_format", PROGRAM),
    ("model.weights.h5", f"is a Keras archive: {READS}; look for a PyTorch release"),
)


def words(path: Path, start: bytes) -> str:
    """Return what a file is that begins so and is no checkpoint, and what to do about it."""
    if not start:
        return f"is empty (0 bytes): {AGAIN}"
    return (
        _signed(start)
        or _tar(path)
        or _text(start)
        or _protobuf(path, start)
        or f"is no checkpoint (it begins with the bytes {start[:8].hex(' ')}): {READS}"
    )


def in_zip(names: Sequence[str]) -> str | None:
    """Return what a zip archive with these entries is; None for a checkpoint of torch's."""
    for end, what in IN_ZIP:
        if any(name.endswith(end) for name in names):
            return what
    if any(name.count("/") == 1 and name.endswith("/data.pkl") for name in names):
        return None
    if names and all(name.endswith(".npy") for name in names):
        return f"is an archive of NumPy arrays (.npz): {READS}"
    if "data.pkl" in names:
        return f"is a checkpoint zipped again without its folder: {AGAIN}"
    inside = ", ".join(names[:3]) + ", …" * (len(names) > 3)
    return f"is a zip archive ({inside or 'empty'}): {UNPACK}"


def folder(path: Path) -> str:
    """Return what a folder is that is no run's with weights, and what to do about it."""
    if (path / "checkpoints" / "last.pt").is_file():
        return "is a run that has no best weights yet: name its checkpoints/last.pt"
    if (path / "saved_model.pb").is_file():
        return TENSORFLOW
    if (path / "data.pkl").is_file():
        return (
            "is the unpacked content of a checkpoint (some browsers unpack it): fetch it again, "
            "without unpacking, or zip it uncompressed"
        )
    return "is a folder: name a file, or the folder of a run with weights"


def _signed(start: bytes) -> str | None:
    if start[:1] == b"\x80" and start[1:2] in PROTOCOLS:
        return PICKLE
    return next((what for sign, what in SIGNS if start.startswith(sign)), None)


def _tar(path: Path) -> str | None:
    if not tarfile.is_tarfile(path):
        return None
    with tarfile.open(path) as archive:
        first = [entry.name for _, entry in zip(range(3), archive, strict=False)]
    if {"storages", "tensors", "pickle"} & set(first):
        return "is a checkpoint of torch 0.1: load and save it with a torch of before 2.6"
    return f"is a tar archive ({', '.join(first)}, …): {UNPACK}"


def _text(start: bytes) -> str | None:
    if not _is_text(start):
        return None
    text = start.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        return PAGE
    first = (text.splitlines() or [""])[0][:40]
    return f"is text and no weights (it begins '{first}'): {AGAIN}"


def _protobuf(path: Path, start: bytes) -> str | None:
    if start[0] == 8 and start[1] <= NEWEST_ONNX and start[2:3] in ONNX_FIELDS:
        return ONNX
    named = path.suffix in {".pb", ".tflite", ".meta"} or ".data-" in path.name
    return TENSORFLOW if named or start[4:8] == TFLITE or _ends_as_index(path) else None


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # and not a letter that is cut in two
            return False
        text = start[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\ufeff\r\n\t\f" for letter in text)


def _ends_as_index(path: Path) -> bool:
    """Whether a file ends as the index of a TensorFlow checkpoint does."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(CHECKPOINT_INDEX)))
        return file.read() == CHECKPOINT_INDEX
