import numpy as np
import pandas as pd
import pytest

from label_auditor.cli import memory
from label_auditor.cli.errors import InputError
from label_auditor.cli.models import prepare_features
from label_auditor.cli.stages import check_stages
from label_auditor.cli.text_models import prepare_texts

N = 400
LABELS = np.arange(N) % 2


@pytest.fixture(scope="module")
def of_texts():
    texts = [f"word{row % 7} word{row % 5} some other words" for row in range(N)]
    return prepare_texts(pd.DataFrame({"text": texts}, dtype=object), "text", "words")


@pytest.fixture(scope="module")
def of_features():
    return prepare_features(pd.DataFrame({"x": LABELS, "z": LABELS}), ["x"], None, named=True)


def refusal(monkeypatch, free, prepared, labels=LABELS, max_rows=N):
    monkeypatch.setattr(memory, "free_memory", lambda: free)
    try:
        check_stages(prepared, labels, "label", max_rows)
    except InputError as error:
        return str(error)
    return None


def test_what_fits_is_not_refused(monkeypatch, of_texts, of_features):
    assert refusal(monkeypatch, 2 * 10**7, of_texts) is None
    assert refusal(monkeypatch, 10**6, of_features) is None
    assert refusal(monkeypatch, None, of_texts) is None


@pytest.mark.parametrize(
    ("free", "max_rows", "message"),
    [
        (10_000, N, "auditing 400 rows in the 2 classes of column 'label' takes at least 0.0 GB"),
        (10**7, N, "gathering evidence for the first 400 of 400 rows takes at least 0.0 GB of"),
        (90_000, 1, "searching for near twins among 400 texts takes at least"),
    ],
)
def test_the_stage_that_does_not_fit_is_named_with_a_way_out(
    monkeypatch, of_texts, free, max_rows, message
):
    said = refusal(monkeypatch, free, of_texts, max_rows=max_rows)
    assert said.startswith(message)
    assert "are free; free some, audit a part of the rows, or" in said
    assert said.endswith("--max-rows takes fewer rows into the page.") == (free == 10**7)


def test_a_page_that_does_not_fit_is_named(monkeypatch, of_features):
    said = refusal(monkeypatch, 500_000, of_features)
    assert said.startswith("writing a page of 400 rows takes at least 0.0 GB of memory, and only 0")
    assert said.endswith("; --max-rows takes fewer rows into the page.")
    assert refusal(monkeypatch, 500_000, of_features, max_rows=10) is None


def test_more_classes_take_more(monkeypatch, of_features):
    assert refusal(monkeypatch, 10**6, of_features, labels=np.arange(N)).startswith("auditing 400")
