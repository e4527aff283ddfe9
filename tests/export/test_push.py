import pytest

from label_auditor.export import server
from label_auditor.export.push import (
    PushInterruptedError,
    PushReport,
    check_chunk_size,
    push_chunks,
)

URL = "http://localhost:6900/datasets/me/d"


def test_an_account_adds_up():
    report = PushReport("d", URL, 2000).add(490, [7, "x"], {8: "too long"}).add(500, [], {})
    assert (report.n_stored, report.left_alone, report.failed) == (990, (7, "x"), {8: "too long"})
    assert (report.n_sent, report.n_not_sent) == (991, 1007)
    assert repr(report) == (
        f"<PushReport: 990 of 2,000 records stored in {URL}; 2 left alone, as reviewers have "
        "changed them; 1 failed (the first: 8, too long); 1,007 not sent>"
    )


def test_a_push_that_did_all_says_no_more():
    report = PushReport("d", URL, 20).add(20, [], {})
    assert repr(report) == f"<PushReport: 20 of 20 records stored in {URL}>"


def test_an_interruption_carries_the_account():
    report = PushReport("d", URL, 20).add(10, [], {})
    error = PushInterruptedError("The server is gone.", report)
    assert error.report is report
    assert str(error) == f"The server is gone.\nUntil then: {report!r}. Push again to go on."


# Chunks


def push(store, n=5):
    payloads = ({"id": i} for i in range(n))
    return push_chunks(PushReport("d", URL, n), payloads, store, chunk_size=2, progress=False)


def test_chunks_are_stored_in_order_and_added_up():
    chunks = []

    def store(chunk):
        chunks.append([each["id"] for each in chunk])
        return len(chunk) - 1, [chunk[-1]["id"]], {}

    report = push(store)
    assert chunks == [[0, 1], [2, 3], [4]]
    assert (report.n_stored, report.left_alone, report.n_not_sent) == (2, (1, 3, 4), 0)


def test_a_chunk_is_stored_again_while_the_server_is_unavailable(monkeypatch):
    monkeypatch.setattr(server, "DELAYS", (0.0,) * 3)
    attempts = []

    def store(chunk):
        attempts.append(chunk[0]["id"])
        if len(attempts) in (2, 3):
            raise server.ServerUnavailableError("busy")
        return len(chunk), [], {}

    assert push(store).n_stored == 5
    assert attempts == [0, 2, 2, 2, 4]


@pytest.mark.parametrize("error", [RuntimeError("refused"), ConnectionError("gone")])
def test_what_was_stored_before_an_error_is_told(monkeypatch, error):
    monkeypatch.setattr(server, "DELAYS", ())

    def store(chunk):
        if chunk[0]["id"] == 2:
            raise error
        return len(chunk), [], {}

    with pytest.raises(
        PushInterruptedError, match=rf"^{error}\nUntil then: .* 3 not sent"
    ) as raised:
        push(store)
    assert (raised.value.report.n_stored, raised.value.__cause__) == (2, error)


def test_a_mistake_of_our_own_is_no_interruption():
    def store(chunk):
        raise KeyError("id")

    with pytest.raises(KeyError):
        push(store)


@pytest.mark.parametrize("size", [0, 11, -1, 2.0, "2", None])
def test_a_chunk_size_that_is_none(size):
    check_chunk_size(10, 10)
    with pytest.raises(ValueError, match=f"chunk_size is {size!r}, but must be .* from 1 to 10"):
        check_chunk_size(size, 10)


@pytest.mark.parametrize(("progress", "shown"), [(True, True), (False, False), (None, False)])
def test_progress(capsys, progress, shown):
    payloads = iter([{"id": 1}])
    push_chunks(
        PushReport("d", URL, 1),
        payloads,
        lambda chunk: (1, [], {}),
        chunk_size=1,
        progress=progress,
    )
    assert ("1/1" in capsys.readouterr().err) is shown
