"""The decisions of reviewers, and where they are read from."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from label_auditor.corrections.mappings import is_decided
from label_auditor.corrections.sources import Sources
from label_auditor.data.decisions import (
    DISCARDED,
    OPEN,
    VALIDATED,
    Correction,
    Decision,
    decide,
    names_in,
    read_label,
)
from label_auditor.data.hints import Hinting
from label_auditor.data.messages import quote_values
from label_auditor.data.naming import find_rows, name_classes, unique_ids
from label_auditor.data.own_methods import own_methods

if TYPE_CHECKING:
    import os

    import pandas as pd

    from label_auditor.data.decisions import PageSample
    from label_auditor.data.findings import Findings


@own_methods
class Corrections(Hinting, Sources, Sequence[Correction]):
    """The decisions of reviewers, one for each time that somebody decided.

    Parameters
    ----------
    corrections : iterable of Correction
        In the order in which they were made.
    sample : PageSample, default=None
        The random sample to which a review page asked for decisions; None if there is none. With
        it, :func:`estimate_label_errors` needs no plan.

    Examples
    --------
    >>> from label_auditor import Corrections
    >>> from label_auditor.corrections import Correction
    >>> corrections = Corrections([Correction("7", "dog", who="ann"), Correction("9", "cat")])
    >>> corrections
    <Corrections: 2 records, of which 2 validated, 0 discarded, 0 open; by 1 named reviewer>
    >>> corrections.decisions["7"].label
    'dog'
    """

    _HINTS: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("apply", "apply_to"), "label_auditor.apply_corrections(y, corrections)"),
        **dict.fromkeys(("items", "keys", "to_dict", "values"), "decisions, by the ids of records"),
        **dict.fromkeys(("save", "write"), "to_json(path) or to_csv(path)"),
        **dict.fromkeys(("df", "head", "to_pandas"), "to_frame(), which gives a pandas.DataFrame"),
    }

    def __init__(self, corrections: Iterable[Correction], sample: PageSample | None = None) -> None:
        if is_decided(corrections):
            raise TypeError(
                f"corrections is a {type(corrections).__name__}, but an iterable of Correction is "
                "needed; Corrections.from_mapping takes {id: label} and a Series."
            )
        if isinstance(corrections, str | bytes) or not isinstance(corrections, Iterable):
            raise TypeError(
                f"corrections is a {type(corrections).__name__}, but an iterable of Correction is "
                "needed; Corrections.from_json, from_csv, from_mapping and the like read them from "
                "elsewhere."
            )
        found = tuple(corrections)
        for position, each in enumerate(found):
            if not isinstance(each, Correction):
                raise TypeError(
                    f"corrections[{position}] is {each!r:.60}, but a Correction is needed: "
                    "Correction(id, label)."
                )
        self._corrections = found
        self.sample = sample

    @overload
    def __getitem__(self, position: int) -> Correction: ...
    @overload
    def __getitem__(self, position: slice) -> Corrections: ...
    def __getitem__(self, position: int | slice) -> Correction | Corrections:
        found = self._corrections[position]
        return Corrections(found, self.sample) if isinstance(found, tuple) else found

    def __len__(self) -> int:
        return len(self._corrections)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Corrections) and (self._corrections, self.sample) == (
            other._corrections,
            other.sample,
        )

    def __hash__(self) -> int:
        return hash(self._corrections)

    def __repr__(self) -> str:
        decisions = self.decisions
        counts = Counter(decision.status for decision in decisions.values())
        n_named = len({each.who for each in self} - {None})
        return (
            f"<Corrections: {len(decisions):,} records, of which {counts[VALIDATED]:,} validated, "
            f"{counts[DISCARDED]:,} discarded, {counts[OPEN]:,} open; by {n_named} named "
            f"reviewer{'' if n_named == 1 else 's'}>"
        )

    @property
    def decisions(self) -> dict[str, Decision]:
        """The decision about each record, by id, in the order in which they were first reviewed.

        Of each reviewer the latest vote counts, and all votes without a name count as those of
        one reviewer. The decision with the most votes wins; a tie leaves the record open.
        """
        return {record: decide(given) for record, given in self._latest_votes().items()}

    def decide(
        self, method: Literal["majority", "dawid_skene"] = "majority"
    ) -> dict[str, Decision]:
        """Give the decision about each record, by a method of your choice.

        Parameters
        ----------
        method : {"majority", "dawid_skene"}, default="majority"
            "majority" gives :attr:`decisions`. "dawid_skene" learns from all records how often each
            reviewer is right, and with what each confuses which label; so one good reviewer may
            outweigh two bad ones, and a tie is seldom left. Discarding a record is one of the
            decisions that a reviewer can make, and so is each set of labels.

        Returns
        -------
        dict of str to Decision
            By id, in the order in which the records were first reviewed.

        Raises
        ------
        ValueError
            If there is no such method.

        See Also
        --------
        label_auditor.audit_annotators : Says how good each reviewer is as well.

        Examples
        --------
        >>> from label_auditor import Corrections
        >>> from label_auditor.corrections import Correction
        >>> corrections = Corrections(
        ...     Correction(str(row), label, who=who)
        ...     for row in range(20)
        ...     for who, label in (
        ...         ("ann", "cat" if row % 2 else "dog"),
        ...         ("bob", "cat" if row % 2 else "dog"),
        ...         ("eve", "cat"),
        ...     )
        ...     if (row, who) != (0, "bob")
        ... )
        >>> corrections.decisions["0"].status
        'open'
        >>> corrections.decide("dawid_skene")["0"].label
        'dog'
        """
        from label_auditor.confident_learning.consensus import check_method
        from label_auditor.corrections.deciding import decide_by_dawid_skene

        check_method(method, ("majority", "dawid_skene"))
        if method == "majority":
            return self.decisions
        return decide_by_dawid_skene(self._latest_votes())

    def _latest_votes(self) -> dict[str, tuple[Correction, ...]]:
        """Give the latest vote of each reviewer on each record."""
        votes: dict[str, dict[str | None, Correction]] = defaultdict(dict)
        for each in self:
            votes[each.id][each.who] = each
        return {record: tuple(given.values()) for record, given in votes.items()}

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> Corrections:
        """Read what :meth:`to_json` or a review page wrote, with the sample of the page.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        Corrections
            In the order of the file.

        Raises
        ------
        ValueError
            If the file holds no corrections; the error names the correction and what is wrong.
        """
        from label_auditor.corrections.files import read_json

        return cls(*read_json(path))

    def to_json(self, path: str | os.PathLike[str]) -> Path:
        """Write the corrections as JSON.

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced.

        Returns
        -------
        pathlib.Path
            The file.
        """
        from label_auditor.corrections.files import write_json

        write_json(path, self, self.sample)
        return Path(path)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Corrections:
        """Read corrections from CSV, as :meth:`to_csv` or you wrote it.

        Parameters
        ----------
        path : str or path
            The file, in UTF-8, its cells separated by commas, semicolons or tabs. It has a column
            `id` and a column `label`, and may have `status`, `who`, `when` and `note`; others are
            passed over. Several labels of a record are a list as in JSON: ``["a", "b"]``.

        Returns
        -------
        Corrections
            In the order of the file.

        Raises
        ------
        ValueError
            If the file holds no corrections; the error names the line and what is wrong there.
        """
        from label_auditor.corrections.files import read_csv

        return cls(read_csv(path))

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the corrections as CSV.

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced.

        Returns
        -------
        pathlib.Path
            The file.
        """
        from label_auditor.corrections.files import write_csv

        write_csv(path, self)
        return Path(path)

    def to_frame(self) -> pd.DataFrame:
        """Give one row per correction.

        Returns
        -------
        pandas.DataFrame
            `id`, `label`, `status`, `who`, `when` and `note`, as a :class:`Correction` holds them.
        """
        import pandas as pd

        names = [field.name for field in dataclasses.fields(Correction)]
        rows = [[getattr(each, name) for name in names] for each in self]
        return pd.DataFrame(rows, columns=names, dtype=object)

    def by_row(
        self,
        audit: Findings,
        *,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
    ) -> dict[int, Any]:
        """Give the decided label of each reviewed row of an audit, in the audit's own values.

        Parameters
        ----------
        audit : LabelAudit
            The audit whose rows were reviewed.
        ids : iterable of length n_samples, default=None
            The ids that the records were sent with; None: the index of the audit.
        class_names : mapping or sequence of str, default=None
            The names that reviewers read, as the records were sent with.

        Returns
        -------
        dict of int to label, tuple of labels or None
            By row position; None where the record was discarded. Open records are left out.

        Raises
        ------
        ValueError
            If an id isn't one of the audit's, or a label isn't one of its classes.
        """
        names = audit.class_names if class_names is None else class_names
        return join_decisions(
            self.decisions, audit.index, audit.classes, ids=ids, class_names=names
        )


def join_decisions(
    decisions: Mapping[str, Decision],
    index: Sequence[Any],
    classes: Any,
    *,
    ids: Iterable[Any] | None = None,
    class_names: Mapping[Any, str] | Sequence[str] | None = None,
) -> dict[int, Any]:
    """Give the decided label of each reviewed row, by its position.

    `index` holds the names of the rows and `classes` the labels; all else is as in
    :meth:`Corrections.by_row`.
    """
    rows = find_rows(decisions, unique_ids(index, len(index), ids))
    unknown = [name for name in decisions if name not in rows]
    if unknown:
        raise ValueError(
            f"corrections are for {len(unknown)} ids that no row has ({quote_values(unknown)}); "
            "rows are known by the ids= that their records were sent with, or by their index "
            "if they were sent without. Use the same here, or leave these corrections out."
        )
    values: dict[Any, Any] = {
        name: value for value, name in name_classes(classes.tolist(), class_names).items()
    }
    decided = {name: each for name, each in decisions.items() if each.status != OPEN}
    chosen = {each.label for each in decided.values()} - {None}
    foreign = {n for label in chosen for n in names_in(label)} - values.keys()
    if foreign:
        raise ValueError(
            f"corrections hold the labels {quote_values(sorted(foreign))}, but the "
            f"classes of the audit are named {quote_values(values)}; "
            "pass the class_names= that the records were sent with."
        )
    return {rows[name]: read_label(each.label, values) for name, each in decided.items()}
