"""What all commands share: how they fail, what they print, the options that several have."""

# ruff: noqa: D301  click keeps the lines of a paragraph that begins with \b

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from hrbench.errors import HrbenchError

FILE = click.Path(path_type=str)  # a missing file is ours to report, with exit 1
DATA = "Folder of the datasets [default: $HRBENCH_DATA, or ./data; 'builtin': the synthetic set]."
RUNS = "results/runs"
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Group(click.Group):
    """A click group that reports our errors as one message on stderr and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except HrbenchError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt as stop:
            folder = getattr(stop, "__notes__", [""])[0]
            hint = f"; go on with: hrbench run --resume {folder}" if folder else ""
            click.echo(f"\nInterrupted{hint}", err=True)
            ctx.exit(130)


def as_json(command: _Function) -> _Function:
    """Give a command `--json`."""
    words = "Print one JSON object on stdout instead of text."
    return click.option("--json", "json_", is_flag=True, help=words)(command)


def allowing(command: _Function) -> _Function:
    """Give a command `--allow`."""
    words = "Go on in spite of this fault, by the name that its message gives; repeatable."
    return click.option("--allow", multiple=True, metavar="NAME", help=words)(command)


def answer(content: object) -> None:
    """Print the JSON object of a command."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


@click.group(cls=Group, context_settings={"show_default": True, "max_content_width": 100})
@click.version_option(package_name="hrbench")
def main() -> None:
    """Train, evaluate and compare landmark models on published benchmarks.

    \b
    hrbench run coco-pose          train and measure; without data, on a synthetic set
    hrbench report                 your runs beside the published results
    """


def terminal() -> tuple[int, bool]:
    """Return the width to print to, and whether in colour."""
    import shutil  # noqa: PLC0415

    colour = sys.stdout.isatty()
    return (shutil.get_terminal_size().columns if colour else 100), colour
