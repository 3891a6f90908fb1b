"""`python -m hrbench`, which is what torchrun starts."""

from hrbench.cli import main

if __name__ == "__main__":
    main()
