import numpy as np
import pytest

from label_auditor.confident_learning.engines.packing import PackedFloats, pack, unpack
from label_auditor.confident_learning.selection import CellMargins


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 1000])
def test_floats_come_back_as_they_were(n, dtype):
    values = np.random.default_rng(0).random(2 * n).astype(dtype)[::2]
    values[: n // 100] = np.nan
    packed = pack(values)
    assert isinstance(packed, PackedFloats)
    found = unpack(packed)
    np.testing.assert_array_equal(found, values)
    assert found.dtype == dtype
    if n == 1000:
        size = sum(part.nbytes for part in packed)
        assert size < values.nbytes * (1 - 0.6 / values.itemsize)


def test_any_highest_byte_comes_back():
    values = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
    assert unpack(pack(values)).tobytes() == values.tobytes()


def test_fields_of_results_are_packed():
    found = CellMargins(np.arange(3), np.ones(3, np.int8), np.array([0.5, 0.25, 0.125]))
    packed = pack(found)
    assert isinstance(packed.margin, PackedFloats)
    for one, other in zip(unpack(packed), found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert pack(0.5) == unpack(0.5) == 0.5
