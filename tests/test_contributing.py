"""What CONTRIBUTING says of adding something: its registries are there, and a test adds to each."""

import re
from pathlib import Path

import hrbench

TESTS = Path(__file__).parent
TABLE = (TESTS.parent / ".github" / "CONTRIBUTING.md").read_text("utf-8").partition("## Adding")[2]
CODE = [path.read_text("utf-8") for path in Path(hrbench.__file__).parent.rglob("*.py")]
REGISTRIES = set(re.findall(r"`([A-Z_]{4,})`", TABLE))
APART = {"OF_LOGITS"}  # what else is said of a loss


def test_every_registry_that_is_named_is_there() -> None:
    assert len(REGISTRIES) >= 12
    missing = {
        name for name in REGISTRIES if not any(re.search(rf"(?m)^{name}\b", code) for code in CODE)
    }
    assert missing == set()


def test_a_toy_is_added_to_every_registry() -> None:
    files = [*TESTS.rglob("test_added_*.py"), TESTS / "formats" / "test_formats.py"]
    added = " ".join(path.read_text("utf-8") for path in files)
    assert {name for name in REGISTRIES if name not in added} == APART
