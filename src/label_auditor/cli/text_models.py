"""The models that label-audit has for texts: of words, of characters, of embeddings, and votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from joblib import Parallel, delayed
from sklearn.naive_bayes import MultinomialNB

from label_auditor.cli.errors import InputError
from label_auditor.cli.memory import OTHERWISE, check_memory, free_memory
from label_auditor.cli.models import Prepared
from label_auditor.cli.tables import get_texts
from label_auditor.fitting.counted_texts import CountedTexts, hold
from label_auditor.fitting.equal_discriminant import EqualDiscriminant
from label_auditor.fitting.ngrams import Characters, Chunks, SingleWords, Words, split_texts
from label_auditor.fitting.parts import OnPart, Parts
from label_auditor.fitting.voting import GeometricVotingClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.fitting.counted_texts import Terms

# What the counts take for each character, if they are held: it begins a run of each of four
# lengths, and a run has a count and a column; or it is a part of two words. While they are counted,
# nearly twice as much was seen.
BYTES_PER_CHARACTER = {"words": 4, "characters": 4 * 12}
# Counts that would take more than this are not held; texts are counted anew when they are read.
MOST_HELD = 1e9
# What it takes to find the words and pairs, by chunk of text between spaces; and the runs of
# characters, by character of the different chunks.
BYTES_PER_CHUNK, BYTES_PER_DISTINCT = 22, 100
MAX_CHARACTERS = 1_000_000  # of a text; counting the runs of a longer one takes gigabytes


REMEDY = (
    "without --cv, texts are counted in blocks, for which there is no need to hold all counts; or "
    "pass --model words, whose counts take about a tenth"
)


class View(NamedTuple):
    """One way of looking at texts.

    Attributes
    ----------
    read : callable
        From chunks of texts to what is counted in them, if it occurs in at least two texts.
    like : dict
        The parameters of the vectoriser of scikit-learn's that counts the same.
    alpha : float
        The smoothing of the naive Bayes classifier that judges by it.
    counted : str
        What is counted, in messages.
    """

    read: Callable[[Chunks], Terms]
    like: dict[str, Any]
    alpha: float
    counted: str


# Average precision on NoisyAG-News (4 classes, human errors) / BANKING77 (77 classes, 5% made
# confusable), words over 5 folds: this .67/.81; ComplementNB .66/.67; logistic regression .61/.75,
# or C=10 .58/.83, in 40 to 120 times the time; plain counts .63/.76, most probabilities above .99
# on the first.
VIEWS = {
    "words": View(Words, {"ngram_range": (1, 2)}, 0.1, "word"),
    "characters": View(
        Characters,
        {"analyzer": "char_wb", "ngram_range": (2, 5)},
        0.03,
        "run of characters",
    ),
}
# Embeddings are judged by a discriminant analysis that is surer of itself than it is right, and so
# it has half a vote. docs/benchmarks.md has the table of members, shrinkages and weights.
SHRINKAGE = 0.2
WEIGHT_OF_VIEW, WEIGHT_OF_EMBEDDINGS = 2, 1


def prepare_texts(
    table: pd.DataFrame,
    column: str,
    model: str | None,
    *,
    vectors: NDArray[Any] | None = None,
    n_jobs: int = 1,
    in_folds: bool = False,
) -> Prepared:
    """Count words and characters, weigh them by TF-IDF, and take naive Bayes for each.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    column : str
        The column of the texts; missing texts are empty texts.
    model : {"words", "characters"} or None
        Words and pairs of words; or runs of two to five characters. None: a vote of both, and of
        characters alone where texts are written without spaces between words.
    vectors : ndarray of shape (n_rows, n_columns), default=None
        Embeddings of the texts, which take part in the vote.
    n_jobs : int, default=1
        How much is counted at a time.
    in_folds : bool, default=False
        Whether rows will be held out in folds, for which all counts have to be held.

    Returns
    -------
    Prepared
        Terms that occur in one text only say nothing of others and are left out.

    Raises
    ------
    InputError
        If there is no such column, or nothing that is counted occurs in two texts.
    """
    texts, notes = _shorten(get_texts(table, column))
    names = [model] if model else choose_views(texts)
    needed = sum(map(len, texts)) * sum(BYTES_PER_CHARACTER[name] for name in names)
    if in_folds:
        check_memory(needed, f"counting the {' and '.join(names)} of {len(texts):,} texts", REMEDY)
    free = free_memory()
    held = in_folds or needed <= (MOST_HELD if free is None else min(MOST_HELD, free / 2))
    chunks = split_texts(texts)
    _check_finding(names, chunks)
    parallel = Parallel(n_jobs=n_jobs, prefer="threads")
    read = parallel(delayed(VIEWS[name].read)(chunks) for name in names)
    terms = {name: each for name, each in zip(names, read, strict=True) if each.shape[1]}
    if held:
        counted = parallel(delayed(hold)(each) for each in terms.values())
    else:
        counted = [CountedTexts(each, n_jobs) for each in terms.values()]
    found = dict(zip(terms, counted, strict=True))
    if not found:
        what = " and no ".join(VIEWS[name].counted for name in names)
        other = "; try --model characters" if model == "words" else ""
        raise InputError(
            f"column {column!r} has no {what} that occurs in two texts; are these the texts?{other}"
        )
    if len(found) < len(names):
        notes.append("no word occurs in two of the texts, so only characters are counted")
    X, classifier = _combine(found, vectors)
    words = SingleWords(chunks)
    return Prepared(X, classifier, "loo", table[[column]], notes, words, vectors, terms)


def _shorten(texts: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    """Give what the model reads of texts, and what is to say of them."""
    notes = []
    n_empty = sum(not text.strip() for text in texts)
    if n_empty:
        notes.append(f"{n_empty:,} of the texts are empty")
    n_long = sum(len(text) > MAX_CHARACTERS for text in texts)
    if n_long:
        notes.append(
            f"{n_long:,} of the texts are longer than {MAX_CHARACTERS:,} characters; the model "
            "reads only that many of them"
        )
        texts = [text[:MAX_CHARACTERS] for text in texts]
    return texts, notes


def _check_finding(names: list[str], chunks: Chunks) -> None:
    """Refuse texts in which there is no memory to find what is counted."""
    needed = {
        "words": BYTES_PER_CHUNK * chunks.matrix.nnz,
        "characters": BYTES_PER_DISTINCT * sum(map(len, chunks.distinct)),
    }
    for name in names:
        what = f"finding the {name} of {chunks.matrix.shape[0]:,} texts"
        check_memory(needed[name], what, OTHERWISE)


def choose_views(texts: Sequence[str]) -> list[str]:
    """Choose what to count; where no spaces separate the words, words can't be found."""
    n_spaces = sum(text.count(" ") for text in texts)
    separated = n_spaces > 0.05 * sum(map(len, texts))
    return ["words", "characters"] if separated else ["characters"]


def _combine(found: dict[str, Any], vectors: NDArray[Any] | None) -> tuple[Any, Any]:
    """Give the matrices of all views and the embeddings, and a vote of one classifier for each."""
    parts: list[Any] = list(found.values())
    members: dict[str, Any] = {
        name: MultinomialNB(alpha=VIEWS[name].alpha, fit_prior=False) for name in found
    }
    weights = None
    if vectors is not None:
        parts.append(vectors)
        members["embeddings"] = EqualDiscriminant(SHRINKAGE)
        weights = [WEIGHT_OF_VIEW] * len(found) + [WEIGHT_OF_EMBEDDINGS]
    if len(parts) == 1:
        return *parts, *members.values()
    on_parts = [(name, OnPart(member, part)) for part, (name, member) in enumerate(members.items())]
    return Parts(parts), GeometricVotingClassifier(on_parts, weights=weights)
