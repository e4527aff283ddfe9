"""The rules that decide which rows are flagged, by cleanlab's names.

A rule is a function from `Grounds`, and from its own parameters if it has any, to the positions of
the flagged rows. Its line in `RULES` and its name in `FilterBy` are all that it takes to add one.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from label_auditor.confident_learning.prune_rules import (
    prune_by_both,
    prune_by_class,
    prune_by_noise_rate,
)
from label_auditor.confident_learning.selection import smallest
from label_auditor.confident_learning.worker_cuts import lowest_rows
from label_auditor.data.messages import quote_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from label_auditor.confident_learning.disputes import Grounds

Array = npt.NDArray[Any]

FilterBy: TypeAlias = Literal[
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
]


def confident_learning(found: Grounds) -> Array:
    """Flag the rows that confidently belong to another class."""
    rows: Array = found.disputes.rows[found.disputes.confident]
    return rows


def predicted_neq_given(found: Grounds) -> Array:
    """Flag the rows whose likeliest class is another."""
    rows: Array = found.disputes.rows[found.disputes.candidate]
    return rows


def low_normalized_margin(found: Grounds) -> Array:
    """Flag the estimated number of issues, by the lowest normalized margin."""
    # The given label is the likeliest in all other rows: their margins are not negative.
    lowest = smallest((1 - found.disputes.margin) / 2, found.n_estimated)
    rows: Array = found.disputes.rows[lowest]
    return rows


def low_self_confidence(found: Grounds) -> Array:
    """Flag the estimated number of issues, by the lowest self-confidence."""
    engine, number = found.engine, found.n_estimated
    return lowest_rows(engine, number) if engine.far else smallest(engine.given_prob, number)


class Flagging(NamedTuple):
    """How a rule flags.

    Attributes
    ----------
    flag : callable
        Gives the positions of the flagged rows.
    prunes : bool
        Whether it takes the parameters of the prune rules.
    counts_only : bool
        Whether confident learning tells it no more than how many rows to flag.
    """

    flag: Callable[..., Array]
    prunes: bool = False
    counts_only: bool = False


RULES: dict[str, Flagging] = {
    "prune_by_noise_rate": Flagging(prune_by_noise_rate, prunes=True),
    "prune_by_class": Flagging(prune_by_class, prunes=True),
    "both": Flagging(prune_by_both, prunes=True),
    "confident_learning": Flagging(confident_learning),
    "predicted_neq_given": Flagging(predicted_neq_given),
    "low_normalized_margin": Flagging(low_normalized_margin, counts_only=True),
    "low_self_confidence": Flagging(low_self_confidence, counts_only=True),
}


@dataclass(frozen=True)
class Rule:
    """A rule with its parameters, which are checked when it is made.

    Parameters
    ----------
    filter_by : str, default="prune_by_noise_rate"
        Which rows are flagged. All rules but the low_* ones leave out rows whose given label is
        the likeliest, or would be with a probability of 1e-6 more.

        - "prune_by_noise_rate": for each pair of given and true label, as many rows as the joint
          expects, by the largest p(true) - p(given).
        - "prune_by_class": for each given label, as many rows as the joint expects, by the lowest
          self-confidence.
        - "both": flagged by the two rules above.
        - "confident_learning": rows that confidently belong to another class.
        - "predicted_neq_given": rows whose likeliest class is another.
        - "low_normalized_margin", "low_self_confidence": the estimated number of issues, by the
          lowest score.
    frac_noise : float in [0, 1], default=1.0
        The part of the expected errors to flag; the prune rules only.
    min_examples_per_class : int, default=1
        The prune rules flag nothing in classes of this size or smaller, nor in classes of one
        row, and expect at least this many correct labels in each class.
    num_to_remove_per_class : sequence of int, shape (K,), optional
        Flag this many rows of each given label instead of the expected number, or all its
        candidates if there are fewer; at least `min_examples_per_class` rows are left. The prune
        rules only.

    Raises
    ------
    ValueError
        If a parameter is out of range, or does not go with `filter_by`.
    """

    filter_by: FilterBy = "prune_by_noise_rate"
    frac_noise: float = 1.0
    min_examples_per_class: int = 1
    num_to_remove_per_class: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.filter_by, str) or self.filter_by not in RULES:
            raise ValueError(
                f"filter_by is {self.filter_by!r}; pass one of {quote_values(RULES, len(RULES))}."
            )
        if not isinstance(self.frac_noise, Real) or not 0 <= self.frac_noise <= 1:
            raise ValueError(f"frac_noise is {self.frac_noise!r}; pass a number from 0 to 1.")
        smallest_class = self.min_examples_per_class
        if not isinstance(smallest_class, Integral) or smallest_class < 0:
            raise ValueError(
                f"min_examples_per_class is {smallest_class!r}; pass a whole number from 0."
            )
        tuned = self.frac_noise != 1 or self.num_to_remove_per_class is not None
        if tuned and not RULES[self.filter_by].prunes:
            prune_rules = quote_values(name for name, rule in RULES.items() if rule.prunes)
            raise ValueError(
                f"filter_by={self.filter_by!r} takes neither frac_noise nor "
                f"num_to_remove_per_class; leave them out, or pass a prune rule: {prune_rules}."
            )

    @property
    def counts_only(self) -> bool:
        """Whether confident learning tells the rule no more than how many rows to flag."""
        return RULES[self.filter_by].counts_only

    def check_classes(self, n_classes: int) -> None:
        """Check that there is one number to remove for each class, if there are any."""
        if self.num_to_remove_per_class is None:
            return
        if hasattr(self.num_to_remove_per_class, "iloc"):
            raise ValueError(
                "num_to_remove_per_class is a pandas object, whose index would be ignored; pass a "
                "list in the order of the classes, for example by .reindex(classes).tolist()."
            )
        number = np.asarray(self.num_to_remove_per_class)
        if number.shape != (n_classes,) or number.dtype.kind not in "iu" or number.min() < 0:
            raise ValueError(
                f"num_to_remove_per_class is {self.num_to_remove_per_class!r}; "
                f"pass one number from 0 for each of the {n_classes} classes."
            )

    def flag(self, found: Grounds) -> Array:
        """Give the positions of the flagged rows, in any order."""
        flagging = RULES[self.filter_by]
        if not flagging.prunes:
            return flagging.flag(found)
        return flagging.flag(
            found,
            frac_noise=self.frac_noise,
            min_examples_per_class=self.min_examples_per_class,
            num_to_remove_per_class=self.num_to_remove_per_class,
        )
