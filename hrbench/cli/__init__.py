"""The command line: parses, calls one function, prints. Imports no torch."""

from hrbench.cli import datasets, exporting, predicting, profiling, reporting, running, weights
from hrbench.cli.root import main

__all__ = [
    "datasets",
    "exporting",
    "main",
    "predicting",
    "profiling",
    "reporting",
    "running",
    "weights",
]
