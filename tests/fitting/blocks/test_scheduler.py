import dask
import pytest

from label_auditor.fitting.blocks.scheduler import compute, find_client, hold, in_turns, task


def test_what_is_held_is_made_once():
    made = []
    held = hold([task(made.append, 1), task(len, [1, 2])])
    assert made == [1]
    assert compute(held) == [None, 2]
    assert compute([task(str, held[1])]) == ["2"]
    assert made == [1]


def test_as_many_blocks_at_once_as_there_are_threads():
    with dask.config.set(num_workers=3):
        assert [list(turn) for turn in in_turns(5)] == [[0, 1, 2], [3, 4]]


@pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler")  # older dasks
def test_the_client_in_charge():
    distributed = pytest.importorskip("distributed")
    assert find_client() is None
    options = {"processes": False, "n_workers": 1, "threads_per_worker": 2}
    with distributed.Client(**options, dashboard_address=":0") as client:
        assert find_client() is client
        assert [list(turn) for turn in in_turns(3)] == [[0, 1], [2]]
        with dask.config.set(scheduler="threads"):
            assert find_client() is None
