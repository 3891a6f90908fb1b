"""A task's network as one file that other programs run, and how it is compared with PyTorch."""
