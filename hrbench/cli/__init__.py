"""The command line: parses, calls one function, prints. Imports no torch."""

from hrbench.cli import datasets, predicting, profiling, reporting, running, weights
from hrbench.cli.root import main

__all__ = ["datasets", "main", "predicting", "profiling", "reporting", "running", "weights"]
