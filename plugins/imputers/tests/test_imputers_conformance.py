"""The shipped imputers keep the contract."""

import pytest

from xaiplug.testing import imputer_checks


@pytest.mark.parametrize("check", imputer_checks(["baseline"]))
def test_conformance(check):
    check()
