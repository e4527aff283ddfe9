"""A worker of `pytest -n auto` has one core; libraries that start a thread per core would wait."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when scikit-learn is imported, later
