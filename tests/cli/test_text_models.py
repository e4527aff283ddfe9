import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.utils.validation import check_is_fitted

from label_auditor import LabelAuditor
from label_auditor.cli import memory, text_models
from label_auditor.cli.audit import TEXT_MODELS
from label_auditor.cli.errors import InputError
from label_auditor.cli.text_models import choose_views, prepare_texts
from label_auditor.fitting import counted_texts

ENGLISH = ["the cat sat on a mat", "the dog sat on the cat", "a dog and a cat"]
JAPANESE = ["猫が好きです", "犬が好きです。とても", "猫と犬"]
SINGLE = ["赞 机 棒", "坏 差 烂", "赞 机 好", "坏 差 的"]


@pytest.mark.parametrize(
    ("cells", "views"),
    [
        (ENGLISH, ["words", "characters"]),
        (["Der Rindfleischetikettierungsbeauftragte kommt heute nicht"], ["words", "characters"]),
        (JAPANESE, ["characters"]),
        (["Anna", "Bert", "Anna"], ["characters"]),
        (["", ""], ["characters"]),
    ],
)
def test_characters_alone_where_words_are_not_separated(cells, views):
    assert choose_views(cells) == views


def texts(*cells):
    return pd.DataFrame({"text": cells}, dtype=object)


@pytest.mark.parametrize("model", [*TEXT_MODELS, None])
def test_texts_become_sparse_matrices_of_terms_in_two_texts(model):
    table = texts(*ENGLISH, "unheard", None, " ")
    prepared = prepare_texts(table, "text", model)
    parts = [prepared.X] if model else prepared.X.parts
    assert len(parts) == (1 if model else 2)
    for X in parts:
        assert X.shape[0] == 6
        assert ((X > 0).sum(axis=0) >= 2).all()
        assert X[4:].nnz == 0
    assert prepared.notes == ["2 of the texts are empty"]
    assert prepared.shown.equals(table)
    assert prepared.cv == "loo"
    with pytest.raises(NotFittedError):
        check_is_fitted(prepared.classifier)


def test_folds_whose_counts_do_not_fit_into_memory_are_refused_before_they_are_counted(monkeypatch):
    many = texts(*ENGLISH * 100)
    monkeypatch.setattr(memory, "free_memory", lambda: 200_000)
    with pytest.raises(
        InputError,
        match=r"counting the words and characters of 300 texts takes at least .*without --cv, texts"
        r" are counted in blocks.*--model words",
    ):
        prepare_texts(many, "text", None, in_folds=True)
    assert issparse(prepare_texts(many, "text", "words", in_folds=True).X)


@pytest.mark.parametrize(
    ("bound", "free", "held"),
    [(1e9, None, True), (1e9, 1e9, True), (1e9, 100_000, False), (10_000, None, False)],
)
def test_counts_are_held_if_they_are_few_and_fit_into_memory(monkeypatch, bound, free, held):
    monkeypatch.setattr(text_models, "free_memory", lambda: free)
    monkeypatch.setattr(text_models, "MOST_HELD", bound)
    parts = prepare_texts(texts(*ENGLISH * 100), "text", None).X.parts
    assert [issparse(part) for part in parts] == [held, held]


def test_words_are_counted_in_pairs_and_characters_within_words():
    pairs = prepare_texts(texts("red car", "red car", "car red", "car red"), "text", "words")
    assert pairs.X.shape[1] == 4  # red, car, red car, car red
    assert pairs.notes == []
    runs = prepare_texts(texts("ab c", "ab c"), "text", "characters")
    assert runs.X.shape[1] == 9  # " a", "ab", "b ", " ab", "ab ", " ab ", " c", "c ", " c "


@pytest.mark.parametrize("cells", [["", ""], ["one", "two"], ["?", "!"]])
def test_texts_without_common_words_are_refused(cells):
    with pytest.raises(InputError, match="'text' has no word that occurs in two texts"):
        prepare_texts(texts(*cells), "text", "words")


def test_characters_are_counted_where_no_word_is_longer_than_one():
    prepared = prepare_texts(texts(*SINGLE), "text", None)
    assert prepared.X.nnz > 0
    assert isinstance(prepared.classifier, MultinomialNB)
    assert prepared.notes == ["no word occurs in two of the texts, so only characters are counted"]
    with pytest.raises(InputError, match=r"no word that occurs in two .*; try --model characters"):
        prepare_texts(texts(*SINGLE), "text", "words")


@pytest.mark.parametrize(
    ("model", "cells", "what"),
    [
        (None, ["", ""], "run of characters"),
        ("characters", ["", ""], "run of characters"),
        (None, ["ab cd", "ef gh"], "word and no run of characters"),
    ],
)
def test_texts_that_have_nothing_in_common(model, cells, what):
    with pytest.raises(
        InputError, match=f"no {what} that occurs in two texts; are these the texts"
    ):
        prepare_texts(texts(*cells), "text", model)


def test_the_model_reads_the_beginning_of_a_very_long_text(monkeypatch):
    monkeypatch.setattr("label_auditor.cli.text_models.MAX_CHARACTERS", 20)
    table = texts("red car red car red car xyz", "red car xyz")
    prepared = prepare_texts(table, "text", "words")
    assert prepared.X.shape[1] == 3  # red, car, red car
    assert prepared.notes == [
        "1 of the texts are longer than 20 characters; the model reads only that many of them"
    ]
    assert prepared.shown.equals(table)


@pytest.fixture
def labelled():
    rng = np.random.default_rng(0)
    words = np.array([["ball", "goal", "team", "game"], ["bank", "cash", "loan", "rate"]])
    y = rng.integers(0, 2, 80)
    cells = [" ".join(rng.choice(words[k], 4)) + f" n{row % 7}" for row, k in enumerate(y)]
    return texts(*cells), np.where(rng.random(80) < 0.1, 1 - y, y)


def predict_left_out(vectorizer, cells, y, alpha):
    """Fit naive Bayes once for each row, to all other rows."""
    X = vectorizer.fit_transform(cells)
    probs = np.empty((len(y), 2))
    for row in range(len(y)):
        others = np.arange(len(y)) != row
        model = MultinomialNB(alpha=alpha, fit_prior=False).fit(X[others], y[others])
        probs[row] = model.predict_proba(X[row])
    return probs


@pytest.mark.parametrize(("n_jobs", "most_held"), [(1, 1e9), (2, 1e9), (2, 0)])
def test_the_default_is_the_geometric_mean_of_words_and_characters_left_out(
    labelled, n_jobs, most_held, monkeypatch
):
    monkeypatch.setattr(text_models, "MOST_HELD", most_held)
    monkeypatch.setattr(counted_texts, "BLOCK_ROWS", 13)
    table, y = labelled
    prepared = prepare_texts(table, "text", None, n_jobs=n_jobs)
    auditor = LabelAuditor(prepared.classifier, cv=prepared.cv, train_on=None, n_jobs=n_jobs)
    found = auditor.fit(prepared.X, y).cv_probabilities_
    options = {"min_df": 2, "sublinear_tf": True}
    words = TfidfVectorizer(ngram_range=(1, 2), **options)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **options)
    cells = table["text"].tolist()
    by_words = predict_left_out(words, cells, y, 0.1)
    by_characters = predict_left_out(characters, cells, y, 0.03)
    pooled = np.sqrt(np.maximum(by_words, 1e-6) * np.maximum(by_characters, 1e-6))
    np.testing.assert_allclose(found, pooled / pooled.sum(axis=1, keepdims=True), atol=1e-9)


@pytest.mark.parametrize(("model", "free"), [("words", 30_000), ("characters", 2000)])
def test_what_is_looked_for_in_texts_is_named_where_it_does_not_fit(monkeypatch, model, free):
    many = texts(*ENGLISH * 100)
    monkeypatch.setattr(memory, "free_memory", lambda: free)
    with pytest.raises(
        InputError, match=rf"finding the {model} of 300 texts takes at least .* audit a part of"
    ):
        prepare_texts(many, "text", model)
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * free)
    prepare_texts(many, "text", model)
