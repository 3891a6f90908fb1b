"""One HRNet backbone, pluggable heads, six landmark benchmarks."""

__version__ = "0.1.0"
