import pytest
import shared


def test_goldens_that_are_not_there_skip_and_fail_where_they_were_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared, "SHARED", None)
    monkeypatch.setattr(shared, "NAMED", None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs the goldens"):
        shared.need_shared()
    monkeypatch.setattr(shared, "NAMED", "/elsewhere")
    with pytest.raises(pytest.fail.Exception, match="HRBENCH_SHARED names /elsewhere"):
        shared.need_shared()


def test_the_goldens_that_ci_promises_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "SHARED", None)
    monkeypatch.setattr(shared, "NAMED", None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI=true promises the goldens"):
        shared.need_shared()
