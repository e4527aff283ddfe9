"""What all tests share.

A worker of `pytest -n auto` has one core; libraries that start a thread per core would wait.
"""

import os

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when scikit-learn is imported, later


@pytest.fixture(scope="session")
def dask_cluster():
    """Start two processes for all tests that need a cluster of them: it takes seconds."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(processes=True, **options) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def dask_client(dask_cluster):
    """Put a client of the cluster in charge."""
    distributed = pytest.importorskip("distributed")
    with distributed.Client(dask_cluster) as client:
        client.wait_for_workers(2)  # an earlier test may have killed one
        yield client


@pytest.fixture
def newer_dask_client(dask_client):
    """Skip where the cluster can't be sent what a test module defines."""
    pytest.importorskip("distributed", minversion="2025.1")
    return dask_client


def pytest_collection_modifyitems(items):
    """Put the tests with a cluster at the end, as its processes take time while they wait too."""
    items.sort(key=lambda item: "dask_cluster" in item.fixturenames)
