"""What the stages of an audit take of memory, said before the first of them begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from label_auditor.cli.evidence import MOST_ROWS
from label_auditor.cli.memory import OTHERWISE, check_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from label_auditor.cli.models import Prepared

# Bytes that were seen. Judging: the probabilities, those of folds, and the classes as a matrix are
# 3.4 times the cells; and what naive Bayes sums up, twice.
_CELLS_JUDGED, _SUMS_JUDGED = 3.5, 2
# An audit, by row, besides the probabilities.
_OF_ROW = 60
# Evidence, by row that gets some: the rows that it is compared with, by its heaviest terms.
_OF_EVIDENCE = 40_000
# Twins, by word and by row.
_OF_WORD, _OF_TWINS = 16, 100
# The review page, by row that it shows.
_OF_PAGE = 1500


def check_stages(prepared: Prepared, labels: NDArray[Any], column: str, max_rows: int) -> None:
    """Refuse an audit one of whose stages takes more memory than there is, and name the stage.

    Parameters
    ----------
    prepared : Prepared
        What is judged.
    labels : ndarray of shape (n_rows,)
        The labels. Codes of rows are not labels, to begin with: each would be a class.
    column : str
        Their column.
    max_rows : int
        How many rows the page shows at most.

    Raises
    ------
    InputError
        With what is needed, what there is, and what to do.
    """
    n, n_classes = len(labels), len(set(labels.tolist()))
    parts = getattr(prepared.X, "parts", [prepared.X])
    sums = 8 * n_classes * sum(part.shape[1] for part in parts) if prepared.terms else 0
    cells = 8 * n * n_classes
    check_memory(
        _CELLS_JUDGED * cells + _SUMS_JUDGED * sums,
        f"auditing {n:,} rows in the {n_classes:,} classes of column {column!r}",
        OTHERWISE,
    )
    kept, shown = cells + _OF_ROW * n, min(n, max_rows)
    if prepared.terms:
        check_memory(
            kept + sums + _OF_EVIDENCE * min(shown, MOST_ROWS),
            f"gathering evidence for the first {min(shown, MOST_ROWS):,} of {n:,} rows",
            f"{OTHERWISE}; --max-rows takes fewer rows into the page",
        )
        check_memory(
            kept + _OF_WORD * prepared.words.n_words + _OF_TWINS * n,
            f"searching for near twins among {n:,} texts",
            OTHERWISE,
        )
    check_memory(
        kept + _OF_PAGE * shown,
        f"writing a page of {shown:,} rows",
        f"{OTHERWISE}; --max-rows takes fewer rows into the page",
    )
