"""A graph as a file: traced once, written as ONNX or as torch.export's own format."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config as fx_config

from hrbench.errors import RunError
from hrbench.kinds.deployable import Deployable

ONNX, TORCH = ".onnx", ".pt2"
ABOUT = "hrbench.json"  # the file inside of a .pt2 that says what it is
WRITING = ("onnx", "onnxscript")  # what PyTorch's exporter needs
RUNNING = ("onnxruntime",)
# Without this setting torch does not let an edge that is computed, as of the frames answered, be
# 1. Its ONNX exporter traces with it too.
TRACING = "backed_size_oblivious"
_Save = Callable[[ExportedProgram, Deployable[Any, Any], dict[str, Any], Path], None]


def require_writable(path: Path, *, run: bool) -> None:
    """Refuse, before anything is computed, what could not be written, or not be run.

    Raises:
        RunError: no format has that suffix, or packages are missing or too old.
    """
    if path.suffix not in FORMATS:
        raise RunError(f"-o {path}: name a file that ends in {ONNX} or {TORCH}")
    if not hasattr(fx_config, TRACING):
        raise RunError(f"torch {torch.__version__} is too old to export: pip install -U torch")
    needed = WRITING + RUNNING * run if path.suffix == ONNX else ()
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise RunError(
            f"-o {path}: ONNX needs {' and '.join(missing)}: pip install 'hrbench[onnx]'"
        )


@contextmanager
def whole(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield where to write a file; it gets its name at the end, and never if something fails.

    Raises:
        RunError: a file is there and not to be replaced (`force`), or none can be written there.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    if path.is_file() and not force:
        raise RunError(f"-o {path} is there already; name another, or add --force")
    if path.is_dir():
        raise RunError(f"-o {path}: that is a folder; name a file")
    try:
        partial.touch()
    except OSError as error:
        raise RunError(f"-o {path}: cannot be written ({error.strerror})") from error
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def trace(deployed: Deployable[Any, Any]) -> ExportedProgram:
    """Return the graph of a task for inputs of any length along the edges that have a name."""
    edges = {
        number: Dim(edge, min=deployed.least[edge])
        for number, edge in enumerate(deployed.takes.shape)
        if isinstance(edge, str)
    }
    any_length = fx_config.patch({TRACING: True})  # type: ignore[attr-defined]  # given at run time
    with torch.no_grad(), any_length, _quiet():
        return torch.export.export(
            deployed.graph, (deployed.example(),), dynamic_shapes={deployed.takes.name: edges}
        )


def save(
    program: ExportedProgram, deployed: Deployable[Any, Any], about: dict[str, Any], path: Path
) -> None:
    """Write a traced graph with the words about it.

    Raises:
        RunError: the disk is full.
    """
    try:
        with _quiet():
            FORMATS[path.suffix](program, deployed, about, path)
    except (OSError, RuntimeError) as error:  # torch.export.save wraps the former in the latter
        first = str(error).splitlines()[0]
        raise RunError(f"{path} cannot be written ({first}); is the disk full?") from error


def _save_onnx(
    program: ExportedProgram, deployed: Deployable[Any, Any], about: dict[str, Any], path: Path
) -> None:
    shape = deployed.takes.shape
    named = {number: edge for number, edge in enumerate(shape) if isinstance(edge, str)}
    made = torch.onnx.export(
        program,
        dynamo=True,
        input_names=[deployed.takes.name],
        output_names=[port.name for port in deployed.gives],
        dynamic_shapes={deployed.takes.name: named},
        verbose=False,
    )
    if made is None:
        raise ValueError("torch.onnx.export gave no program")
    made.model.metadata_props.update(as_text(about))
    made.save(path)


def _save_torch(
    program: ExportedProgram, deployed: Deployable[Any, Any], about: dict[str, Any], path: Path
) -> None:
    del deployed  # the program names what goes in and comes out
    content = json.dumps(about, indent=2, ensure_ascii=False)
    torch.export.save(program, path, extra_files={ABOUT: content})


FORMATS: dict[str, _Save] = {ONNX: _save_onnx, TORCH: _save_torch}


def as_text(about: Mapping[str, Any]) -> dict[str, str]:
    """Return words about a file as ONNX keeps them: text, JSON where a value is none."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in about.items()
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's words about its own code from the user."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*LeafSpec.* is deprecated", FutureWarning)
        yield
