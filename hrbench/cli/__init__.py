"""The command line: parses, calls the command's functions, prints. Imports no torch.

A command has its module here and its code in `commands`, both called as the command.
"""

from hrbench.cli import (
    bench,
    browse,
    bundle,
    check,
    compare,
    convert,
    doctor,
    export,
    fetch,
    list,  # noqa: A004  the command's name
    make,
    predict,
    prepare,
    profile,
    publish,
    report,
    run,
    score,
    shard,
    show,
    sigmas,
    suite,
    verify,
    weights,
)
from hrbench.cli.root import main

__all__ = [
    "bench",
    "browse",
    "bundle",
    "check",
    "compare",
    "convert",
    "doctor",
    "export",
    "fetch",
    "list",
    "main",
    "make",
    "predict",
    "prepare",
    "profile",
    "publish",
    "report",
    "run",
    "score",
    "shard",
    "show",
    "sigmas",
    "suite",
    "verify",
    "weights",
]
