"""Where a file that a user names may be written."""

from pathlib import Path

import pytest

from hrbench.errors import HrbenchError
from hrbench.report.output import require_free


@pytest.mark.parametrize("force", [False, True])
def test_a_file_in_no_folder_is_refused_before_anything_is_computed(
    tmp_path: Path, *, force: bool
) -> None:
    with pytest.raises(HrbenchError, match=r"there is no folder .*nowhere; make it first"):
        require_free(tmp_path / "nowhere" / "speed.json", force=force)


def test_a_folder_is_no_file_to_replace(tmp_path: Path) -> None:
    with pytest.raises(HrbenchError, match="is a folder; name a file"):
        require_free(tmp_path, force=True)


def test_only_force_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "speed.json"
    require_free(path, force=False)
    path.touch()
    require_free(path, force=True)
    with pytest.raises(HrbenchError, match="--force replaces it"):
        require_free(path, force=False)
