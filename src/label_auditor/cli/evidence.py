"""What the review page shows besides: similar rows, words that speak, what classes mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from label_auditor.cli.errors import InputError, explain
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from label_auditor.auditor import LabelAuditor
    from label_auditor.cli.decisions import Decided
    from label_auditor.cli.models import Prepared
    from label_auditor.fitting.members import Member
    from label_auditor.review.evidence import Evidence

# Five thousand rows of a larger table, with the texts of neighbours, stay below 1.6 MB.
N_NEIGHBORS = 3
# Reviewers see the first rows of the page. For many long texts, evidence of all of them would take
# longer than everything else.
MOST_ROWS = 5000
DESCRIPTIONS = (
    "what the classes mean, for the review page: .json, an object of descriptions by class, or "
    ".csv, with the columns class and description"
)


def gather_for_page(
    auditor: LabelAuditor, prepared: Prepared, column: str | None, decided: Decided, max_rows: int
) -> Evidence | None:
    """Find similar rows, and words that speak for each label, for the first rows of the page.

    Parameters
    ----------
    auditor : LabelAuditor
        Fitted.
    prepared : Prepared
        What it was fitted on.
    column : str or None
        The column of the texts; None if there are features instead.
    decided : Decided
        The decisions so far.
    max_rows : int
        How many rows the page holds at most.

    Returns
    -------
    Evidence or None
        Of features, similar rows alone; None where these have too many categories to be compared.
    """
    audit, vectors = auditor.audit_, prepared.vectors
    if column is None and vectors is None:
        return None
    from label_auditor.report.page_data import rows_of_page

    rows = rows_of_page(audit, min(max_rows, MOST_ROWS), decided.rows)
    if column is None:
        from label_auditor.review.evidence import Evidence

        return Evidence(audit.neighbors(vectors, rows, k=N_NEIGHBORS))
    from label_auditor.cli.tables import get_texts
    from label_auditor.cli.text_models import MAX_CHARACTERS
    from label_auditor.review.gathering import gather_evidence, label_taught
    from label_auditor.review.twins import ALIKE_VECTORS

    texts = get_texts(prepared.shown, column)
    if any(len(texts[row]) > MAX_CHARACTERS for row in rows.tolist()):
        texts = [text[:MAX_CHARACTERS] for text in texts]
    return gather_evidence(
        audit,
        _name_terms(auditor, prepared, rows),
        texts,
        rows,
        taught=label_taught(auditor),
        classes=auditor.estimator_.classes_,
        vectors=vectors,
        twin_cosine=None if vectors is None else ALIKE_VECTORS,
        k=N_NEIGHBORS,
    )


def _name_terms(auditor: LabelAuditor, prepared: Prepared, rows: NDArray[np.intp]) -> list[Member]:
    """Give the members of the vote, with vectorisers that read the terms of some rows."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    from label_auditor.cli.text_models import VIEWS
    from label_auditor.fitting.members import find_members

    members = list(find_members(auditor.estimator_, prepared.X))
    for place, (view, terms) in enumerate(prepared.terms.items()):
        columns = np.unique(members[place].X[rows].indices)
        vectorizer = CountVectorizer(**VIEWS[view].like)
        vectorizer.vocabulary_ = dict(zip(terms.spell(columns), columns.tolist(), strict=True))
        members[place] = members[place]._replace(vectorizer=vectorizer)
    return members


def read_descriptions(path: Path | None, classes: set[str]) -> dict[str, str]:
    """Read what classes mean.

    Parameters
    ----------
    path : Path or None
        The file.
    classes : set of str
        The names of the classes.

    Returns
    -------
    dict
        Descriptions by class; empty if there is no file.

    Raises
    ------
    InputError
        If the file can't be read, or describes classes that there are not.
    """
    if path is None:
        return {}
    readers = {".json": _read_json, ".csv": _read_csv}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path}: unknown format; the name should end in .json or .csv.")
    try:
        found = read(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"can't read {path}: {explain(error)}.") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    unknown = sorted(found.keys() - classes)
    if unknown:
        raise InputError(
            f"{path} describes {quote_values(unknown)}, which no row is labelled; the classes are "
            f"{quote_values(sorted(classes))}."
        )
    return found


def _read_json(text: str) -> dict[str, str]:
    """Read an object whose keys are classes, and whose values are descriptions."""
    from label_auditor.data.text_files import parse_json

    found: Any = parse_json(text)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise ValueError('an object is needed, such as {"spam": "advertising nobody asked for"}.')
    return found


def _read_csv(text: str) -> dict[str, str]:
    """Read the columns class and description."""
    import csv
    import io

    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"class", "description"} <= set(rows.fieldnames or ()):
        raise ValueError(
            "the columns class and description are needed, but there are "
            f"{quote_values(rows.fieldnames or ()) or 'none'}."
        )
    return {row["class"]: row["description"] or "" for row in rows}
