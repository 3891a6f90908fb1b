"""The command line: parses, calls one function, prints. Imports no torch."""

from hrbench.cli import datasets, profiling, reporting, running, weights
from hrbench.cli.root import main

__all__ = ["datasets", "main", "profiling", "reporting", "running", "weights"]
