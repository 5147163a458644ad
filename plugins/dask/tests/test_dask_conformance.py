"""The engine keeps the contract, with workers that all checks share."""

import dask
import pytest
from distributed import LocalCluster

from xaiplug.testing import engine_checks


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=0) as cluster,
        dask.config.set({"scheduler-address": cluster.scheduler_address}),
    ):
        yield


@pytest.mark.parametrize("check", engine_checks(["dask"]))
def test_conformance(check):
    check()
