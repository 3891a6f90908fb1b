"""docs/tasks.md says of each task what has been checked, and no more."""

import checklists
import pytest

from hrbench import catalog

TEXT = checklists.PAGE.read_text("utf-8")
OFFICIAL = "Official HRNet pose repository, 2019"


def test_the_page_is_what_the_files_say() -> None:
    assert checklists.page() == TEXT, "write it anew: python tests/checklists.py"


def test_every_golden_file_that_is_compared_is_of_a_task() -> None:
    patterns = (*checklists.COMPARED.values(), *checklists.SHARED.values())
    named = {file for some in patterns for file in checklists.files(some)}
    assert sorted(named) == checklists.goldens()
    assert all(checklists.files((pattern,)) for some in patterns for pattern in some)
    assert {*checklists.COMPARED, *checklists.SHARED} <= {*catalog.names("tasks")}


@pytest.mark.parametrize(
    "line",
    [
        f"| `w32-256x192` | AP 74.4 % on val2017 | pose_hrnet_w32, {OFFICIAL} | same |",
        "- [ ] Published figures: 0, of which 0 are PCK@0.1",  # h36m-pose, which nobody printed
        "- [ ] The published recipe trained on the whole dataset: not yet",
    ],
)
def test_a_line_is_right(line: str) -> None:
    assert line in TEXT.splitlines()
