"""The command line: parses, calls one function, prints. Imports no torch."""

from hrbench.cli import datasets, reporting, running, weights
from hrbench.cli.root import main

__all__ = ["datasets", "main", "reporting", "running", "weights"]
