"""What an audit can be turned into, where it can be sent, and what its review needs."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

from label_auditor.audit.hints import OF_AUDITS
from label_auditor.audit.tables import to_frame
from label_auditor.data.hints import Hinting
from label_auditor.export.argilla import push_to_argilla, to_argilla
from label_auditor.export.hub import to_datasets
from label_auditor.export.label_studio import push_to_label_studio, to_label_studio
from label_auditor.export.rubrix import push_to_rubrix, to_rubrix
from label_auditor.report.notebook import preview
from label_auditor.report.page import write_page
from label_auditor.review.estimate import estimate_label_errors
from label_auditor.review.evidence import find_neighbors
from label_auditor.review.plan import plan_review

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from label_auditor.data.findings import Findings
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.estimate import ErrorEstimate
    from label_auditor.review.evidence import Evidence

P = ParamSpec("P")
R = TypeVar("R")


def _as_method(
    function: Callable[Concatenate[Findings, P], R], name: str | None = None
) -> Callable[Concatenate[Outputs, P], R]:
    """Make a method of a function of an audit: it has the same parameters and documentation."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def method(self: Outputs, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(self, *args, **kwargs)
        except TypeError:
            called = f"{type(self).__name__}.{name or function.__name__}"
            _refuse(function, called, args, kwargs)
        return function(self._held_audit(), *args, **kwargs)

    return method


def _refuse(function: Callable[..., Any], called: str, args: Any, kwargs: dict[str, Any]) -> None:
    """Say of a method what Python says of the arguments that its function doesn't take."""
    try:
        function(None, *args, **kwargs)
    except TypeError as error:
        problem = str(error).split("() ", 1)[-1]
        raise TypeError(f"{called}() {problem}") from None


class Outputs(Hinting):
    """The methods of what is an audit or holds one."""

    _HINTS: ClassVar[Mapping[str, str]] = OF_AUDITS

    # Final: pyright takes the type of an attribute for known if it is declared, in any way.
    to_frame: Final = _as_method(to_frame)
    preview: Final = _as_method(preview)
    to_rubrix: Final = _as_method(to_rubrix)
    push_to_rubrix: Final = _as_method(push_to_rubrix)
    to_argilla: Final = _as_method(to_argilla)
    push_to_argilla: Final = _as_method(push_to_argilla)
    to_label_studio: Final = _as_method(to_label_studio)
    push_to_label_studio: Final = _as_method(push_to_label_studio)
    to_datasets: Final = _as_method(to_datasets)
    plan_review: Final = _as_method(plan_review)
    estimate: Final = _as_method(estimate_label_errors, "estimate")
    neighbors: Final = _as_method(find_neighbors, "neighbors")

    def _held_audit(self) -> Findings:
        """Give the audit that this is, or holds."""
        return self  # type: ignore[return-value]  # audits are findings too

    def to_html(
        self,
        path: str | os.PathLike[str],
        inputs: Any = None,
        *,
        images: Any = None,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        estimate: ErrorEstimate | None = None,
        reviewed: Reviewed | None = None,
        title: str = "Label review",
        max_rows: int = 50_000,
        apply_command: str | None = None,
        evidence: Evidence | None = None,
        class_descriptions: Mapping[Any, str] | None = None,
    ) -> Path:
        """Write the review page: one HTML file, for any browser, that needs no server.

        :func:`label_auditor.report.page.write_page` says more.

        Parameters
        ----------
        path : str or path
            The file. One that exists is replaced when the new one is complete.
        inputs : sequence of str of length n_samples, mapping or DataFrame, default=None
            The texts; or named fields, each a column of length n_samples. None: there are images
            only.
        images : sequence of length n_samples, default=None
            A path, an array or an image of Pillow for each row, None where a row has none. The page
            holds thumbnails. Needs Pillow.
        ids, class_names, metadata : as in make_records
            What is on the page: see :func:`label_auditor.export.records.make_records`.
        estimate : ErrorEstimate, default=None
            The number of label errors as estimated from a sample that was reviewed.
        reviewed : Corrections, mapping from row position to label, or Series, default=None
            The decisions so far, with which the page goes on; None for a discarded row.
        title : str, default="Label review"
            What the page is called.
        max_rows : int, default=50_000
            How many rows are in the page: flagged rows first, worst first.
        apply_command : str, default=None
            What the page says to type in a terminal to apply the decisions. None: ``label-audit
            apply`` with names to fill in.
        evidence : Evidence, default=None
            Similar rows, and the words that speak for each label: see
            :meth:`LabelAuditor.evidence`.
        class_descriptions : mapping, default=None
            What classes mean, by class or by the name that reviewers read.

        Returns
        -------
        pathlib.Path
            The file.
        """
        return write_page(
            self._held_audit(),
            inputs,
            path,
            images=images,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            estimate=estimate,
            reviewed=reviewed,
            title=title,
            max_rows=max_rows,
            apply_command=apply_command,
            evidence=evidence,
            class_descriptions=class_descriptions,
        )
