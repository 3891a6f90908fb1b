"""Every array of every golden file is either compared or listed with the reason why not."""

from pkgutil import resolve_name

from golden.ledger import Ledger, read_table


def test_every_golden_array_is_in_one_row_of_the_table(golden: Ledger) -> None:
    assert list(golden.each_array())


def test_every_row_names_what_of_hrbench_it_compares_or_the_reason_why_not() -> None:
    for row in read_table():
        assert bool(row.function) == (row.tolerance is not None), f"{row.file}: {row.arrays}"
        assert bool(row.reason) == (row.tolerance is None), f"{row.file}: {row.arrays}"
        for name in filter(None, row.function.split(", ")):
            resolve_name(name)


def test_every_golden_array_that_is_listed_as_compared_was_compared(
    golden: Ledger, all_golden_tests: bool
) -> None:
    if all_golden_tests:  # else somebody runs a part of them
        assert not golden.never_compared()
