"""What makes files implausible, by the names that `--allow` takes."""
