import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from label_auditor.fitting import counted_texts
from label_auditor.fitting.counted_texts import CountedTexts, hold
from label_auditor.fitting.ngrams import Characters, Words, split_texts

OPTIONS = {
    Characters: {"analyzer": "char_wb", "ngram_range": (2, 5)},
    Words: {"ngram_range": (1, 2)},
}
BOTH = pytest.mark.parametrize("terms", [Characters, Words])


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    syllables = np.array(["ba", "lo", "Ki", "ter", "n", "schä", ",", "x "])
    texts = [" ".join("".join(rng.choice(syllables, 3)) for _ in range(20)) for _ in range(60)]
    return [*texts, "", "unheard"]


@BOTH
def test_weights_are_those_of_tfidf(monkeypatch, terms, texts):
    counted = terms(split_texts(texts))
    by_scikit_learn = TfidfTransformer(sublinear_tf=True).fit_transform(counted.count(slice(None)))
    monkeypatch.setattr(counted_texts, "BLOCK_CELLS", 1000)
    weights = hold(counted)
    assert weights.nnz > 1000
    assert weights.has_canonical_format
    np.testing.assert_allclose(weights.toarray(), by_scikit_learn.toarray(), atol=1e-15)
    expected = TfidfVectorizer(min_df=2, sublinear_tf=True, **OPTIONS[terms]).fit_transform(texts)
    assert weights.shape == expected.shape
    np.testing.assert_allclose(
        (weights @ weights.T).toarray(), (expected @ expected.T).toarray(), atol=1e-12
    )


@BOTH
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_rows_that_are_counted_when_read_are_those_that_are_held(monkeypatch, terms, texts, n_jobs):
    monkeypatch.setattr(counted_texts, "BLOCK_ROWS", 7)
    counted = terms(split_texts(texts))
    held, read = hold(counted), CountedTexts(counted, n_jobs)
    assert read.shape == held.shape
    np.testing.assert_array_equal(read.n_rows_with, np.diff(held.tocsc().indptr))
    for rows in (slice(3, 20), np.array([60, 5, 61, 5]), slice(None)):
        np.testing.assert_allclose(read[rows].toarray(), held[rows].toarray(), atol=1e-14)
    blocks = list(read.over_blocks(lambda rows: (rows.start, read[rows].sum())))
    assert [start for start, _ in blocks] == list(range(0, 62, 7))
    assert sum(total for _, total in blocks) == pytest.approx(held.sum())


@BOTH
@pytest.mark.parametrize("read_before", [True, False])
def test_some_columns_are_those_among_all(monkeypatch, terms, texts, read_before):
    monkeypatch.setattr(counted_texts, "BLOCK_ROWS", 7)
    counted = CountedTexts(terms(split_texts(texts)))
    if read_before:
        list(counted.over_blocks(lambda rows: counted[rows].nnz))
    columns = np.arange(3, counted.shape[1], 2)
    rows = slice(50, 62)
    found, squares = counted.reader(columns)(rows)
    expected = counted[rows].toarray()
    assert expected[:, columns].any()
    np.testing.assert_array_equal(found.toarray(), expected[:, columns])
    np.testing.assert_allclose(squares, (expected**2).sum(axis=1))
    assert counted.terms.select(columns[-3:]).spell(np.arange(3)) == counted.terms.spell(
        columns[-3:]
    )
