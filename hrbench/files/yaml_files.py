"""YAML files, as other programs describe their data in them."""

from pathlib import Path
from typing import Any

import yaml

from hrbench.errors import DataError


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file, or say in one sentence why there is none."""
    try:
        return yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path} is not YAML: {first}") from error
