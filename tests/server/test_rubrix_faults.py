"""A real server of Rubrix 0.18 or Argilla 1, behind a proxy that loses, delays and doubles."""

import os
import random
import uuid

import pytest

from label_auditor.export import server as http
from label_auditor.export.push import PushInterruptedError
from server.faulty_proxy import FAULTS, PATIENCE, FaultyProxy

RUNS = int(os.environ.get("LABEL_AUDITOR_FAULT_RUNS", "4"))


class Reviewer:
    """Validates records now and then, at a moment when nothing is on its way to the server."""

    def __init__(self, rubrix, name, seed):
        self.rubrix, self.name, self.random = rubrix, name, random.Random(seed)
        self.reviewed = set()

    def __call__(self, path):
        # Between a look at the server and a store a review would be lost: Rubrix can't tell.
        looks = "/data?" in path or "/records/" in path
        if not looks or self.random.random() < 0.5:
            return
        try:
            stored = self.rubrix.load(self.name)
        except AssertionError:  # there is no data set yet
            return
        open_ids = sorted(stored.keys() - self.reviewed)
        if open_ids:
            chosen = self.random.choice(open_ids)
            self.rubrix.save(self.name, [stored[chosen]], "anna", "Sports")
            self.reviewed.add(chosen)


@pytest.fixture
def impatient(monkeypatch):
    """Don't wait for long, and try again at once."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 5)
    monkeypatch.setattr(http, "READ_SECONDS", PATIENCE)
    monkeypatch.setattr(http, "DELAYS", (0.0,) * 6)


def push(audit, name, **options):
    return audit.push_to_rubrix(
        [f"text {i}" for i in range(40)],
        name,
        only_issues=False,
        chunk_size=10,
        class_names=["World", "Sports", "Business", "Sci/Tech"],
        **options,
    )


def push_until_done(audit, rubrix, name, proxy, **options):
    """Push again whenever a push is interrupted, and check each account."""
    for _ in range(20):
        try:
            return push(audit, name, api_url=proxy.url, **options)
        except PushInterruptedError as error:  # noqa: PERF203
            report, stored = error.report, rubrix.load(name) if error.report.n_stored else {}
            assert report.n_stored + len(report.left_alone) + report.n_not_sent == 40
            assert report.n_not_sent in (10, 20, 30, 40)
            assert not report.failed
            assert len(stored) >= report.n_stored
            proxy.done["push interrupted"] += 1
        except ConnectionError:  # not even the first answer came
            proxy.done["push interrupted"] += 1
    raise AssertionError("twenty pushes were interrupted")


def content(records):
    """Give records but for the time at which they were stored."""
    return {
        each: {key: value for key, value in record.items() if key != "last_updated"}
        for each, record in records.items()
    }


@pytest.fixture(scope="module")
def expected(small_audit, rubrix):
    """Give what is stored when nothing goes wrong."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    push(small_audit, name)
    found = content(rubrix.load(name))
    rubrix.request("DELETE", f"/{name}")
    assert sorted(found) == list(range(40))
    return found


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(RUNS))
def test_nothing_is_lost_or_doubled(small_audit, rubrix, name, seed, expected):
    overwrite = seed % 2 == 1
    with FaultyProxy(rubrix.url, list(FAULTS), seed) as proxy:
        report = push_until_done(small_audit, rubrix, name, proxy, overwrite_reviewed=overwrite)
    print(dict(proxy.done))  # noqa: T201 - what happened, with `pytest -rP`
    assert (report.n_stored, report.left_alone, report.failed) == (40, (), {})
    assert content(rubrix.load(name)) == expected
    assert rubrix.search(name, "id")["total"] == 40
    assert proxy.done.keys() > {None}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(RUNS))
def test_reviews_made_during_a_faulty_push_survive(small_audit, rubrix, name, seed):
    # A request that is passed on late overwrites what was reviewed before: Rubrix can't tell.
    faults = [fault for fault in FAULTS if fault != "late"]
    reviewer = Reviewer(rubrix, name, seed)
    with FaultyProxy(rubrix.url, faults, seed, before=reviewer) as proxy:
        reports = [push_until_done(small_audit, rubrix, name, proxy) for _ in range(2)]
    print(dict(proxy.done), len(reviewer.reviewed))  # noqa: T201
    assert [each.n_stored + len(each.left_alone) for each in reports] == [40, 40]
    assert reviewer.reviewed >= {*reports[0].left_alone, *reports[1].left_alone} > set()
    stored = rubrix.load(name)
    assert sorted(stored) == list(range(40))
    for each, record in stored.items():
        found = record["annotation"]["agent"], record["status"]
        reviewed = each in reviewer.reviewed
        assert found == (("anna", "Validated") if reviewed else ("given", "Default"))
