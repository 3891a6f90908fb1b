"""Every array of every golden file is either compared or listed with the reason why not."""

from golden.ledger import Ledger, keys_of


def test_every_golden_array_is_in_one_row_of_the_table(golden: Ledger) -> None:
    for path in sorted(golden.root.rglob("*")):
        if path.suffix not in {".npz", ".json", ".gz", ".mat", ".csv", ".jpg"}:
            continue
        file = path.relative_to(golden.root).as_posix()
        for key in keys_of(path):
            rows = [row for row in golden.rows if row.covers(file, key)]
            assert len(rows) == 1, f"{file}: {key} stands in {len(rows)} rows of coverage.toml"
            said = rows[0].function if rows[0].tolerance is not None else rows[0].reason
            assert said, f"{file}: {key} says neither function nor reason"


def test_every_golden_array_that_is_listed_as_compared_was_compared(
    golden: Ledger, all_golden_tests: bool
) -> None:
    if not all_golden_tests:
        return  # somebody runs a part of them
    compared = set(golden.differences)
    for path in sorted(golden.root.rglob("*")):
        file = path.relative_to(golden.root).as_posix()
        rows = [row for row in golden.rows if row.file == file and row.tolerance is not None]
        for key in keys_of(path) if rows else []:
            if any(row.covers(file, key) for row in rows):
                assert (file, key) in compared, f"{file}: {key} was never compared"
