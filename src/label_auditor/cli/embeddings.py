"""`label-audit --embeddings`: the vectors of the texts of a table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from label_auditor.cli.errors import InputError
from label_auditor.cli.memory import check_memory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

BYTES_PER_COLUMN = 26  # in three precisions, and twice in the discriminant analysis


class Embedded(NamedTuple):
    """The embeddings of a column.

    Attributes
    ----------
    vectors : ndarray of shape (n_rows, n_columns)
        A vector for each text.
    notes : list of str
        What the user should know, a line each.
    """

    vectors: NDArray[Any]
    notes: list[str]


def check_embeddings(arguments: argparse.Namespace) -> None:
    """Refuse --embeddings where there are no texts, or no model, before any work is done."""
    if not arguments.embeddings:
        return
    if arguments.text is None:
        raise InputError("--embeddings is for texts; pass --text as well.")
    from label_auditor.fitting.embeddings import INSTALL, PACKAGE, find_encoder

    try:
        find_encoder()
    except ImportError as error:
        raise InputError(f"--embeddings needs the package {PACKAGE}: {INSTALL}") from error


def embed_column(
    table: pd.DataFrame, column: str, *, n_jobs: int, tell: Callable[[str], None]
) -> Embedded:
    """Embed a column of texts.

    Parameters
    ----------
    table : pandas.DataFrame
        The table.
    column : str
        The column of the texts; missing texts are empty texts.
    n_jobs : int
        The number of processes.
    tell : callable
        Shows how far the work is.

    Returns
    -------
    Embedded
        The vectors.

    Raises
    ------
    InputError
        If there is no such column, or too little memory.
    """
    from label_auditor.cli.tables import get_texts
    from label_auditor.fitting.embeddings import MOST_CHARACTERS, embed, find_encoder

    texts, encoder = get_texts(table, column), find_encoder()
    check_memory(
        BYTES_PER_COLUMN * encoder.n_columns * len(texts), f"embedding {len(texts):,} texts"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        vectors = embed(
            texts,
            encoder,
            n_jobs=n_jobs,
            report=lambda done, n: tell(f"Embed {n:,} texts that are new: {done:,} done"),
        )
    notes = [str(each.message) for each in caught]
    n_long = sum(len(text) > MOST_CHARACTERS for text in texts)
    if n_long:
        notes.append(
            f"{n_long:,} of the texts are longer than {MOST_CHARACTERS:,} characters; their "
            "embeddings are of the beginning"
        )
    return Embedded(vectors, notes)
