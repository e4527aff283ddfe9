"""Forms of data that old versions of other packages lack."""

import pytest

try:
    import dask.dataframe as dask_frames
except ImportError:  # raised where pandas is too old for them, too
    dask_frames = None

needs_dask_frames = pytest.mark.skipif(
    dask_frames is None, reason="dask has no data frames with this pandas"
)
