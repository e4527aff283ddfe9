"""All that the review page knows, as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from label_auditor.data.findings import rows_in_order
from label_auditor.data.labels import encode_labels
from label_auditor.report.evidence_data import evidence_data
from label_auditor.report.highlights import agreement, count_pairs
from label_auditor.report.images import make_thumbnails
from label_auditor.report.label_columns import LabelColumns, SetColumns, pack, pack_whole
from label_auditor.report.unlike import first_columns
from label_auditor.review import queue
from label_auditor.review.plan import plan_review
from label_auditor.review.ranks import NUMBER_SCALE
from label_auditor.review.row_facts import row_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from label_auditor.data.findings import Findings
    from label_auditor.export.records import Records
    from label_auditor.review.evidence import Evidence
    from label_auditor.review.plan import ReviewPlan

    # The position of a row; that of the decided class, or of all classes of the decided set, or -1
    # for a discarded row; by whom and when; and a note, if there is one.
    Decided = list[tuple[Any, ...]]

N_BINS = 40
# The rows that the page asks about to count the errors.
N_COUNTED = 200
SEED = 0
CONFIDENCE = 0.95


def page_data(
    audit: Findings,
    records: Records,
    *,
    max_rows: int,
    decided: Decided | None = None,
    images: Any = None,
    evidence: Evidence | None = None,
) -> dict[str, Any]:
    """Give the data of the page: the audit as a whole, then its first rows as columns.

    Columns of numbers are little-endian bytes in base64: they are read at once, and scores keep
    every bit. Labels and field names are always values, never keys, so that no name is special.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    records : Records
        Its records of all rows, in its order.
    max_rows : int
        How many of them are in the page; rows about which something is decided, and those of the
        sample by which it counts errors, are in it anyway.
    decided : list of (row, code, who, when) or (row, code, who, when, note), default=None
        The decisions that the page begins with.
    images : sequence, default=None
        An image for each row of the audit; see :func:`label_auditor.report.images.make_thumbnails`.

    evidence : Evidence, default=None
        What is shown of the rows besides.

    Returns
    -------
    dict
        It holds only values that JSON has. `key` is a digest of everything that decisions depend
        on.
    """
    decided = decided or []
    plan = plan_review(audit, N_COUNTED, goal="count", random_state=SEED)
    chosen = [row for row, *_ in decided] + plan[:]
    shown = _shown_rows(records.positions, chosen, max_rows)
    place = {row: at for at, row in enumerate(records.positions[shown].tolist())}
    data = {
        "audit": {
            "n_rows": len(audit),
            "n_flagged": audit.n_issues,
            "n_evaluated": int(audit.evaluated.sum()),
            "agreement": agreement(audit),
            "filter_by": audit.filter_by,
            "rank_by": audit.rank_by,
        },
        "classes": list(records.class_names.values()),
        "summary": _summary(audit),
        "pairs": [] if audit.multi_label else count_pairs(audit).tolist(),
        "histogram": _histogram(audit),
        "plan": _plan(audit, plan, place),
        "queue": _queue(audit, shown, records.positions),
        "decided": [[place[row], *decision] for row, *decision in decided],
        "rows": {
            "n_first": min(max_rows, len(audit)),
            **_rows(dataclasses.replace(records, positions=records.positions[shown])),
        },
    }
    if images is not None:
        data["images"] = make_thumbnails(images, records.positions[shown], len(audit))
    data["key"] = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:32]
    if evidence is not None:
        texts = data["rows"]["texts"]
        data["evidence"] = evidence_data(evidence, records, records.positions[shown], texts)
    return data


def rows_of_page(audit: Findings, max_rows: int, decided: Iterable[int] = ()) -> NDArray[np.intp]:
    """Give the positions of the rows that a page holds, in its order.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit.
    max_rows : int
        How many there are at most besides those about which something is decided, and those of the
        sample by which it counts errors.
    decided : iterable of int, default=()
        The rows about which something is decided.

    Returns
    -------
    ndarray of int
        Positions in the audit.
    """
    order = rows_in_order(audit)
    sample = plan_review(audit, N_COUNTED, goal="count", random_state=SEED)[:]
    return order[_shown_rows(order, [*decided, *sample], max_rows)]


def _shown_rows(order: NDArray[np.intp], chosen: list[int], max_rows: int) -> NDArray[np.intp]:
    """Give the places, in the audit's order, of the first rows and of those that were chosen."""
    is_shown = np.arange(len(order)) < max_rows
    is_shown |= np.isin(order, chosen)
    return np.flatnonzero(is_shown)


def _plan(audit: Findings, plan: ReviewPlan, place: dict[int, int]) -> dict[str, Any]:
    """Give the sample by which the page counts errors, and what its bounds need."""
    from scipy import stats  # half a second, which importing the report needs not take

    level = (1 + CONFIDENCE) / 2
    return {
        "seed": plan.seed,
        "rows": plan[:],
        "at": [place[row] for row in plan],
        "stratum": plan.stratum_of[plan.rows].tolist(),
        "sizes": [stratum.n_rows for stratum in plan.strata],
        "flagged": int(plan.stratum_of[audit.ranked[0]]) if audit.n_issues else -1,
        "confidence": CONFIDENCE,
        "level": level,
        "z": float(stats.norm.ppf(level)),
    }


def _summary(audit: Findings) -> dict[str, list[Any]]:
    """Give the table of the classes as columns; classes by position, -1 for none."""
    table = audit.summary()
    if audit.multi_label:
        return {str(name): column.tolist() for name, column in table.items()}
    confused = table["most_confused_with"]
    return {
        "given": table["given"].tolist(),
        "flagged": table["flagged"].tolist(),
        "noise": table["estimated_noise"].tolist(),
        "confused": encode_labels(confused.to_numpy(), audit.shown_classes)[0].tolist(),
    }


def _histogram(audit: Findings) -> dict[str, Any]:
    """Count the rows, and the flagged ones, by score."""
    scores = audit.scores[audit.evaluated]
    low, high = (min(0.0, scores.min()), max(1.0, scores.max())) if len(scores) else (0.0, 1.0)
    counted = {
        name: np.histogram(values, N_BINS, (low, high))[0].tolist()
        for name, values in (("all", scores), ("flagged", audit.scores[audit.issues]))
    }
    return {"low": low, "high": high, **counted}


def _queue(
    audit: Findings, shown: NDArray[np.intp], order: NDArray[np.intp] | None = None
) -> dict[str, Any]:
    """Give what the queue knows of the rows that were judged, and how it learns."""
    facts = row_facts(audit, shown, order)
    # The class that the queue goes by, where it isn't the given one.
    worst = {"given": pack_whole(facts.given)} if audit.multi_label else {}
    return {
        "n_judged": int(audit.evaluated.sum()),
        "sizes": facts.sizes.tolist(),
        **worst,
        "numbers": pack(facts.numbers * NUMBER_SCALE, "<i2"),
        "other": pack_whole(facts.other),
        "constants": {
            "steps": queue.STEPS,
            "fewest_decisions": queue.FEWEST_DECISIONS,
            "most_groups": queue.MOST_GROUPS,
            "explore_every": queue.EXPLORE_EVERY,
            "n_numbers": facts.numbers.shape[1],
            "number_scale": NUMBER_SCALE,
            "intercept_ridge": queue.INTERCEPT_RIDGE,
            "number_ridge": queue.NUMBER_RIDGE,
            "prior": list(queue.PRIOR),
            "group_ridge": queue.GROUP_RIDGE,
        },
    }


def _rows(records: Records) -> dict[str, Any]:
    """Give the rows as columns."""
    audit, at = records.audit, records.positions
    labels = (SetColumns if audit.multi_label else LabelColumns)(audit, at)
    ids: list[str] = []
    texts: list[list[str]] = [[] for _ in records.fields]
    metadata: list[list[str | None]] = [[] for _ in records.metadata]
    for i, record in enumerate(records):
        ids.append(str(record.id))
        for column, text in zip(texts, record.fields.values(), strict=True):
            column.append(text)
        for values, name in zip(metadata, records.metadata, strict=True):
            values.append(_shown(record.metadata.get(name)))
        if record.prediction:
            labels.add(i, np.fromiter(record.prediction.values(), dtype=np.float64))
    return {
        "n": len(at),
        "ids": ids,
        "fields": list(records.fields),
        "texts": texts,
        "metadata_names": list(records.metadata),
        "metadata": metadata,
        "flagged": pack(audit.issues[at], "u1"),
        "quality": pack(audit.scores[at], "<f8"),
        **_first_fields(records),
        **labels.packed(),
    }


def _first_fields(records: Records) -> dict[str, Any]:
    """Give the columns that each row shows first, if there are too many for a card."""
    codes = records.audit.codes
    if records.audit.multi_label:  # no class is that of a row
        codes = np.zeros(len(records.audit), np.intp)
    first = first_columns(records.fields, codes, records.positions)
    if first is None:
        return {}
    return {"n_first_fields": first.shape[1], "first_fields": pack(first, "<u2")}


def _shown(value: Any) -> str | None:
    """Give a value as a reviewer reads it; a large integer would lose digits in JavaScript."""
    if value is None:
        return None
    return f"{value:.6g}" if isinstance(value, float) else str(value)
