"""What all commands share: how they fail, what they print, the options that several have."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import codecs
import errno
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar, cast

import click

from hrbench.errors import HrbenchError
from hrbench.report import run_folders

FILE = click.Path(path_type=str)  # a missing file is ours to report, with exit 1
DATA = (
    "Folder of the datasets [default: of your own, that of their TOML; else $HRBENCH_DATA, or "
    "./data; 'builtin': the synthetic set]."
)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})  # no place to write to
QUOTED = re.compile(r'[^"\n]+')  # names of files in JSON and TOML
RUNS = str(run_folders.RUNS)
DEVICE = "auto, cpu, cuda or gpu, a card by its number (0, cuda:1), or any other of torch's."
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Group(click.Group):
    """A click group that reports our errors as one message on stderr and exit status 1."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; a full disk is a message as well, wherever it shows."""
        if not args and extra.get("args") is None:
            _speak_unicode()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if error.errno not in FULL:
                raise
            _forget(sys.stdout)
            place = error.filename or "the output"
            click.echo(f"Error: {place} cannot be written ({error.strerror})", err=True)
            sys.exit(1)
        except UnicodeEncodeError as error:
            if "surrogates" not in error.reason:
                raise
            click.echo(_not_in_utf8(error).encode(errors="backslashreplace"), err=True)
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; 130 after Ctrl-C, or after SIGTERM, which leaves as little behind."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except HrbenchError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as stop:
            click.echo("; ".join(("\nInterrupted", *getattr(stop, "__notes__", ()))), err=True)
            ctx.exit(130)
        finally:
            signal.signal(signal.SIGTERM, before)


def as_json(command: _Function) -> _Function:
    """Give a command `--json`."""
    words = "Print one JSON object on stdout instead of text."
    return click.option("--json", "json_", is_flag=True, help=words)(command)


def allowing(command: _Function) -> _Function:
    """Give a command `--allow`."""
    words = "Go on in spite of this fault, by the name that its message gives; repeatable."
    return click.option("--allow", multiple=True, metavar="NAME", help=words)(command)


def setting(command: _Function) -> _Function:
    """Give a command `--set`."""
    words, value = "Any key of the spec.", "KEY=VALUE"
    return click.option("--set", "overrides", multiple=True, metavar=value, help=words)(command)


def computing(command: _Function) -> _Function:
    """Give a command `--compile` and `--eager`, of which only one may be named."""

    @wraps(command)
    def checked(*args: Any, **flags: Any) -> Any:
        if flags["compile"] and flags["eager"]:
            raise click.UsageError("--eager is plain torch, and --compile is not; name one of them")
        return command(*args, **flags)

    plain = "Plain torch: no graph of a card, nothing compiled, folded or laid out anew."
    with_plain = click.option("--eager", is_flag=True, help=plain)(cast("_Function", checked))
    slow = "Compile the network: slow to begin, then faster."
    return click.option("--compile", is_flag=True, help=slow)(with_plain)


def answer(content: object) -> None:
    """Print the JSON object of a command."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


SETTINGS = {
    "show_default": True,
    "max_content_width": 100,
    "help_option_names": ["-h", "--help"],
}


@click.group(cls=Group, context_settings=SETTINGS)
@click.version_option(package_name="hrbench")
def main() -> None:
    """Train, evaluate and compare landmark models on published benchmarks.

    \b
    hrbench run coco-pose          train and measure; without data, on a synthetic set
    hrbench report                 your runs beside the published results
    """


def print_record(record: Any, folder: Path, *, json_: bool) -> None:
    """Print what a run has come to."""
    from hrbench import catalog  # noqa: PLC0415
    from hrbench.begun.folder import read  # noqa: PLC0415
    from hrbench.report import published, summary  # noqa: PLC0415

    if json_:
        answer({"run": str(folder), "record": record.content()})
        return
    width, colour = terminal()
    literature, example = published.load(catalog.published_results()), read(folder)[2].example
    text = summary.summary(record, literature, folder, example=example, width=width, colour=colour)
    click.echo(text)


def leave() -> NoReturn:
    """End one of several processes at once, without taking Python down.

    A thread that torch's collectives have left may still give tensors back, and ends a process in
    which there is no Python any more with an abort.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def terminal() -> tuple[int, bool]:
    """Return the width to print to, and whether in colour."""
    import shutil  # noqa: PLC0415

    colour = sys.stdout.isatty()
    return (shutil.get_terminal_size().columns if colour else 100), colour


def _speak_unicode() -> None:
    """Begin again in Python's UTF-8 mode where names of files would not be read as UTF-8.

    How it reads and prints them Python decides when it starts, by a locale that may know ASCII
    only; libraries crash at names that it could not read.
    """
    if os.name == "posix" and codecs.lookup(sys.getfilesystemencoding()).name != "utf-8":
        arguments = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, arguments)  # noqa: S606  this program
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _not_in_utf8(error: UnicodeEncodeError) -> str:
    """Return the message for a name, in something that was to be written, that is not Unicode."""
    names = [name[0] for name in QUOTED.finditer(error.object) if name.end() > error.start]
    return f"Error: '{names[0]}': a name that is not in UTF-8 cannot be written down; rename it"


def _forget(stream: TextIO) -> None:
    """Let what a stream could not write go nowhere, for Python tries once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
