"""What several annotators say together: one function for each way to find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from label_auditor.confident_learning.consensus.crowdlab import crowdlab
from label_auditor.confident_learning.consensus.dawid_skene import dawid_skene
from label_auditor.confident_learning.consensus.majority import majority
from label_auditor.confident_learning.consensus.result import Consensus
from label_auditor.confident_learning.consensus.votes import UNDECIDED, Votes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["METHODS", "UNDECIDED", "Consensus", "Method", "Votes", "check_method"]

Method = Literal["dawid_skene", "crowdlab", "majority"]

METHODS: Mapping[str, Callable[[Votes, Any], Consensus]] = {
    "dawid_skene": dawid_skene,
    "crowdlab": crowdlab,
    "majority": majority,
}


def check_method(method: Any, known: tuple[str, ...] = tuple(METHODS)) -> None:
    """Raise if a consensus method has another name than the known ones."""
    if method not in known:
        names = ", ".join(map(repr, known))
        raise ValueError(f"method is {method!r:.60}, but a consensus is found by one of {names}.")
