"""Records sent to an annotation server in chunks, and an account of what became of them."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from typing import TYPE_CHECKING, Any

from label_auditor.export.server import retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Account = tuple[int, Iterable[int | str], Mapping[int | str, str]]


@dataclasses.dataclass(frozen=True, repr=False)
class PushReport:
    """An exact account of a push. Each record is counted once, or hasn't been sent yet.

    Attributes
    ----------
    dataset : str
        The name of the data set.
    url : str
        The address of the data set for a browser.
    n_records : int
        How many records there were to push.
    n_stored : int
        How many records the server has stored, by its own account.
    left_alone : tuple of int or str
        Ids of the records that weren't sent because somebody has worked on them.
    failed : dict
        By id, the reason why the server could not store a record.
    """

    dataset: str
    url: str
    n_records: int
    n_stored: int = 0
    left_alone: tuple[int | str, ...] = ()
    failed: Mapping[int | str, str] = dataclasses.field(default_factory=dict)

    @property
    def n_sent(self) -> int:
        """How many records the server has answered for: the stored and the failed ones."""
        return self.n_stored + len(self.failed)

    @property
    def n_not_sent(self) -> int:
        """How many records hadn't been sent when the push ended: 0 unless it was interrupted."""
        return self.n_records - self.n_sent - len(self.left_alone)

    def __repr__(self) -> str:
        parts = [f"{self.n_stored:,} of {self.n_records:,} records stored in {self.url}"]
        if self.left_alone:
            parts.append(f"{len(self.left_alone):,} left alone, as reviewers have changed them")
        if self.failed:
            record, reason = next(iter(self.failed.items()))
            parts.append(f"{len(self.failed):,} failed (the first: {record!r}, {reason:.200})")
        if self.n_not_sent:
            parts.append(f"{self.n_not_sent:,} not sent")
        return f"<PushReport: {'; '.join(parts)}>"

    def add(
        self, n_stored: int, left_alone: Iterable[int | str], failed: Mapping[int | str, str]
    ) -> PushReport:
        """Give a report that counts one more chunk."""
        return dataclasses.replace(
            self,
            n_stored=self.n_stored + n_stored,
            left_alone=(*self.left_alone, *left_alone),
            failed={**self.failed, **failed},
        )


class PushInterruptedError(RuntimeError):
    """A push ended before its last record.

    Push again to go on. Records that are stored already are not doubled, because they have the same
    ids.

    Attributes
    ----------
    report : PushReport
        What had been done by then.
    """

    def __init__(self, reason: object, report: PushReport) -> None:
        super().__init__(f"{reason}\nUntil then: {report!r}. Push again to go on.")
        self.report = report


def check_chunk_size(chunk_size: int, largest: int) -> None:
    """Refuse a number of records per request that a server can't take."""
    if not isinstance(chunk_size, int) or not 1 <= chunk_size <= largest:
        raise ValueError(
            f"chunk_size is {chunk_size!r}, but must be a whole number from 1 to {largest}."
        )


def push_chunks(
    report: PushReport,
    payloads: Iterator[dict[str, Any]],
    store: Callable[[list[dict[str, Any]]], Account],
    *,
    chunk_size: int,
    progress: bool | None,
) -> PushReport:
    """Store records a chunk at a time, and try again while the server is unavailable.

    Parameters
    ----------
    report : PushReport
        The account to begin with, of which nothing is done yet.
    payloads : iterator of dict
        The records, as the server takes them.
    store : callable
        Stores a chunk. It returns how many records were stored, the ids of those that were left
        alone, and the reasons of those that failed, by id.
    chunk_size : int
        Records per request.
    progress : bool or None
        Whether to show a progress bar. None shows one on a terminal only.

    Returns
    -------
    PushReport
        The account of all chunks.

    Raises
    ------
    PushInterruptedError
        If the server stays unavailable for longer than is retried, or refuses a chunk.
    """
    from tqdm import tqdm

    hidden = None if progress is None else not progress
    with tqdm(total=report.n_records, unit=" records", disable=hidden) as bar:
        while chunk := list(itertools.islice(payloads, chunk_size)):
            try:
                report = report.add(*retry(functools.partial(store, chunk)))
            except (OSError, RuntimeError) as error:
                raise PushInterruptedError(error, report) from error
            bar.update(len(chunk))
    return report
