"""`plan_review`: which rows to review next, and `ReviewPlan`, which knows why."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, get_args, overload

import numpy as np

from label_auditor.data.atomic_write import atomic_write
from label_auditor.data.findings import gather
from label_auditor.data.hints import Hinting
from label_auditor.review.decided import decided_rows
from label_auditor.review.queue import order_by_queue
from label_auditor.review.sampling import Stratum, sampling_order, stratify

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from label_auditor.data.decisions import PageSample
    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed

FORMAT = "label-auditor review plan, version 1"
Goal: TypeAlias = Literal["find", "count"]
GOALS = get_args(Goal)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ReviewPlan(Hinting, Sequence[int]):
    """The rows to review, in order, and how they were chosen.

    A sequence of row positions, made by :func:`plan_review`. Review them in this order: whenever
    you stop, the rows reviewed so far are a sample that :func:`estimate_label_errors` can use.

    Attributes
    ----------
    rows : ndarray of int, shape (n_planned,)
        Row positions, in the order in which they are to be reviewed.
    goal : {"find", "count"}
        Whether they were chosen to find errors or to count them.
    strata : tuple of Stratum
        The parts of the data that were sampled separately, each with `name`, `n_rows` and its
        `share` of the sample; empty for the goal "find".
    stratum_of : ndarray of int8, shape (n_samples,)
        The stratum of each row of the data; -1 for rows without a label, which are in no stratum.
        Empty for the goal "find".
    seed : int or None
        The seed of the random order; None for the goal "find".
    """

    _HINTS: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("df", "head", "iloc", "to_csv", "to_dict", "to_excel", "to_pandas"),
        "to_frame(), which gives a pandas.DataFrame",
    )

    rows: NDArray[np.intp]
    goal: Goal
    strata: tuple[Stratum, ...]
    stratum_of: NDArray[np.int8]
    seed: int | None

    @overload
    def __getitem__(self, position: int) -> int: ...
    @overload
    def __getitem__(self, position: slice) -> list[int]: ...
    def __getitem__(self, position: int | slice) -> int | list[int]:
        found: int | list[int] = self.rows[position].tolist()
        return found

    def __len__(self) -> int:
        return len(self.rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return np.array(self.rows, dtype=dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReviewPlan) and self._as_dict() == other._as_dict()

    def __hash__(self) -> int:
        return hash((self.goal, self.seed, self.rows.tobytes()))

    def __repr__(self) -> str:
        if self.goal == "find":
            return f"<ReviewPlan to find errors: {len(self):,} rows, the likeliest first>"
        n_rows = sum(stratum.n_rows for stratum in self.strata)
        return (
            f"<ReviewPlan to count errors: {len(self):,} of {n_rows:,} rows, at random in "
            f"{len(self.strata)} strata, seed {self.seed}>"
        )

    @property
    def inclusion(self) -> NDArray[np.float64]:
        """The probability with which each row of the plan was drawn, in the plan's order.

        It is the same for all rows of a stratum: its planned rows divided by its rows. NaN for the
        goal "find", where nothing is drawn at random.
        """
        if self.goal == "find":
            return np.full(len(self), np.nan)
        number = self.stratum_of[self.rows]
        planned = np.bincount(number, minlength=len(self.strata))
        n_rows = np.array([stratum.n_rows for stratum in self.strata])
        probabilities: NDArray[np.float64] = planned[number] / n_rows[number]
        return probabilities

    def extend(self, n: int) -> ReviewPlan:
        """Plan more rows after those that are planned already.

        Parameters
        ----------
        n : int
            How many more rows; the plan gets fewer if fewer are left.

        Returns
        -------
        ReviewPlan
            A new plan that begins with the rows of this one. It equals the plan that
            :func:`plan_review` makes with the same seed for all of these rows at once.

        Raises
        ------
        ValueError
            If the goal is "find", or n isn't positive.
        """
        _check_n(n)
        if self.seed is None:
            raise ValueError(
                'a plan with the goal "find" is not extended: what to look at next depends on the '
                'decisions so far; call plan_review(audit, n, goal="find", reviewed=...).'
            )
        rows = sampling_order(self.stratum_of, self.strata, self.seed, len(self) + n)
        return dataclasses.replace(self, rows=rows)

    def to_frame(self) -> pd.DataFrame:
        """Give one row for each planned row, in the plan's order.

        Returns
        -------
        pandas.DataFrame
            `row` (its position in the data), `stratum` (the name of its part of the data, missing
            for the goal "find") and `inclusion` (the probability with which it was drawn).
        """
        import pandas as pd

        names = np.array([stratum.name for stratum in self.strata], dtype=object)
        found = np.full(len(self), None) if self.seed is None else names[self.stratum_of[self.rows]]
        return pd.DataFrame({"row": self.rows, "stratum": found, "inclusion": self.inclusion})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the plan as JSON.

        Parameters
        ----------
        path : str or path
            The file; if it exists, it is replaced when the new one is complete.

        Returns
        -------
        pathlib.Path
            The file.
        """
        with atomic_write(path) as file:
            file.write(json.dumps(self._as_dict()).encode())
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ReviewPlan:
        """Read a plan that :meth:`save` wrote.

        Parameters
        ----------
        path : str or path
            The file.

        Returns
        -------
        ReviewPlan
            Equal to the one saved.

        Raises
        ------
        ValueError
            If the file is not a plan.
        """
        try:
            stored = json.loads(Path(path).read_text(encoding="utf-8"))
            if stored["format"] != FORMAT or stored["goal"] not in GOALS:
                raise ValueError(stored["format"], stored["goal"])
            return cls(
                rows=np.array(stored["rows"], dtype=np.intp),
                goal=stored["goal"],
                strata=tuple(Stratum(**each) for each in stored["strata"]),
                stratum_of=_from_digits(stored["stratum_of"]),
                seed=stored["seed"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{os.fspath(path)!r} is not a review plan that this version can read; pass a file "
                "that ReviewPlan.save wrote."
            ) from error

    def _as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "goal": self.goal,
            "seed": self.seed,
            "rows": self.rows.tolist(),
            "strata": [dataclasses.asdict(stratum) for stratum in self.strata],
            "stratum_of": _to_digits(self.stratum_of),
        }


def plan_review(
    audit: Findings,
    n: int,
    *,
    goal: Goal = "find",
    reviewed: Reviewed | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> ReviewPlan:
    """Choose the rows to review next: to find errors, or to know how many there are.

    Parameters
    ----------
    audit : LabelAudit or MultiLabelAudit
        The audit; the method of an audit or a LabelAuditor has itself in this place.
    n : int
        How many rows; the plan has fewer if fewer are left.
    goal : {"find", "count"}, default="find"
        "find": the rows that are most likely wrong, according to a small model that learns from
        the decisions so far. "count": a random sample, stratified by label quality score, from
        which :func:`estimate_label_errors` estimates the number of errors.
    reviewed : Corrections, mapping from row position to label, or Series, default=None
        The decisions so far: the labels, or lists of classes where the audit has sets of labels;
        None for a discarded row. These rows are not planned again. For the goal "count" they form a
        separate stratum, of which no sample is needed; pass them to :func:`estimate_label_errors`
        as well.
    random_state : int, RandomState instance or None, default=None
        Determines the sample for the goal "count"; None draws a different one each time. The plan
        keeps the seed.

    Returns
    -------
    ReviewPlan
        A sequence of row positions. Rows without a given label are never in it. Rows that were not
        evaluated are planned only for the goal "count", as a separate stratum.

    Raises
    ------
    TypeError
        If `reviewed` is of another type, or has one label where the audit has sets of labels.
    ValueError
        If n isn't positive, if the goal is unknown, or if `reviewed` doesn't fit the audit.

    See Also
    --------
    estimate_label_errors : The number of errors, from a reviewed plan.
    stop_reviewing : A bound on the errors that are left.

    Notes
    -----
    For the goal "count", half of the sample is divided among the strata in proportion to their
    rows, the other half by Neyman's allocation [1]_, according to how uncertain the model is about
    their labels. See :doc:`/review` in the user guide.

    References
    ----------
    .. [1] J. Neyman (1934). On the two different aspects of the representative method. Journal of
       the Royal Statistical Society 97.

    Examples
    --------
    >>> import numpy as np
    >>> from label_auditor import audit_labels, plan_review
    >>> rng = np.random.default_rng(0)
    >>> pred_probs = rng.dirichlet([1, 1, 1], 10_000)
    >>> audit = audit_labels(rng.integers(0, 3, 10_000), pred_probs)
    >>> plan = plan_review(audit, 200, goal="count", random_state=0)
    >>> plan
    <ReviewPlan to count errors: 200 of 10,000 rows, at random in 6 strata, seed 0>
    >>> plan.extend(100)[:200] == plan[:]
    True
    """
    audit = gather(audit)
    _check_n(n)
    if goal not in GOALS:
        raise ValueError(f"goal is {goal!r}; pass 'find' or 'count'.")
    rows, decided = decided_rows(audit, reviewed)
    if goal == "find":
        order = order_by_queue(audit, rows, decided, n)
        return ReviewPlan(order, goal, strata=(), stratum_of=np.zeros(0, np.int8), seed=None)
    stratum_of, strata = stratify(audit, rows)
    seed = _draw_seed(random_state)
    rows = sampling_order(stratum_of, strata, seed, n)
    return ReviewPlan(rows, goal, strata, stratum_of, seed)


def restore_plan(audit: Findings, sample: PageSample) -> ReviewPlan:
    """Make the plan anew of which a file of corrections keeps the seed and the rows.

    Parameters
    ----------
    audit : LabelAudit
        The audit whose page asked about the sample.
    sample : PageSample
        The sample, as `Corrections.sample` has it.

    Returns
    -------
    ReviewPlan
        The plan, with its strata.

    Raises
    ------
    ValueError
        If this audit gives other rows.
    """
    plan = plan_review(audit, max(len(sample.rows), 1), goal="count", random_state=sample.seed)
    if plan[:] != list(sample.rows):
        raise ValueError(
            f"the corrections hold a random sample of {len(sample.rows)} rows that was not drawn "
            "from this audit; pass the audit whose page they come from."
        )
    return plan


def _check_n(n: int) -> None:
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n is {n!r}; pass how many rows to review, a whole number from 1 up.")


def _draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Give a seed that the plan can keep: an integer as it is, otherwise one drawn at random."""
    from sklearn.utils import check_random_state

    if isinstance(random_state, Integral):
        check_random_state(random_state)
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _to_digits(stratum_of: NDArray[np.int8]) -> str:
    """Write the stratum of each row as one character, a point for none."""
    characters = np.where(stratum_of < 0, ord("."), stratum_of + ord("0")).astype(np.uint8)
    return characters.tobytes().decode("ascii")


def _from_digits(digits: str) -> NDArray[np.int8]:
    characters = np.frombuffer(digits.encode("ascii"), np.uint8)
    numbers: NDArray[np.int8] = np.where(
        characters == ord("."), -1, characters.astype(np.int16) - ord("0")
    ).astype(np.int8)
    return numbers
