"""What an audit can be turned into, and where it can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from label_auditor.audit.review_steps import ReviewSteps

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from label_auditor.export.push import PushReport
    from label_auditor.review.decided import Reviewed
    from label_auditor.review.estimate import ErrorEstimate


class Outputs(ReviewSteps):
    """The methods by which what holds an audit hands it on. Each imports what it needs on use."""

    def to_rubrix(
        self,
        inputs: Any,
        *,
        only_issues: bool = True,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        explanation: Sequence[Mapping[str, Any] | None] | None = None,
        prediction_agent: str = "label-auditor",
        annotation_agent: str = "given",
    ) -> Any:
        """Make records for the client of Rubrix or Argilla 1.

        :func:`label_auditor.export.rubrix.to_rubrix` says more.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        only_issues, ids, class_names, metadata, explanation : as in make_records
            What is in the records: see :func:`label_auditor.export.records.make_records`.
        prediction_agent, annotation_agent : str
            Who is said to have made the predictions and the given labels.

        Returns
        -------
        rubrix.DatasetForTextClassification or argilla.DatasetForTextClassification
            Records in the order of the audit.
        """
        from label_auditor.export.rubrix import to_rubrix

        return to_rubrix(
            self._held_audit(),
            inputs,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            explanation=explanation,
            prediction_agent=prediction_agent,
            annotation_agent=annotation_agent,
        )

    def push_to_rubrix(
        self,
        inputs: Any,
        name: str,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        only_issues: bool = True,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        explanation: Sequence[Mapping[str, Any] | None] | None = None,
        prediction_agent: str = "label-auditor",
        annotation_agent: str = "given",
        overwrite_reviewed: bool = False,
        chunk_size: int = 500,
        progress: bool | None = None,
    ) -> PushReport:
        """Log records to a server of Rubrix or Argilla 1, without the package of either.

        :func:`label_auditor.export.rubrix.push_to_rubrix` says more.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        name : str
            The data set on the server.
        api_url, api_key, workspace : str, default=None
            The server, your key there, and a workspace. None takes RUBRIX_API_URL and the like.
        only_issues, ids, class_names, metadata, explanation : as in make_records
            What is in the records: see :func:`label_auditor.export.records.make_records`.
        prediction_agent, annotation_agent : str
            Who is said to have made the predictions and the given labels.
        overwrite_reviewed : bool, default=False
            Whether to overwrite the work of reviewers.
        chunk_size : int, default=500
            Records per request, from 1 to 500.
        progress : bool, default=None
            Whether to show a progress bar; None shows one on a terminal only.

        Returns
        -------
        PushReport
            How many records were stored, which were left alone, which failed and why.
        """
        from label_auditor.export.rubrix import push_to_rubrix

        return push_to_rubrix(
            self._held_audit(),
            inputs,
            name,
            api_url=api_url,
            api_key=api_key,
            workspace=workspace,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            explanation=explanation,
            prediction_agent=prediction_agent,
            annotation_agent=annotation_agent,
            overwrite_reviewed=overwrite_reviewed,
            chunk_size=chunk_size,
            progress=progress,
        )

    def to_argilla(
        self,
        inputs: Any,
        *,
        only_issues: bool = True,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        prediction_agent: str = "label-auditor",
        n_reviewers: int = 1,
    ) -> tuple[Any, list[Any]]:
        """Make settings and records for the client of Argilla 2.

        :func:`label_auditor.export.argilla.to_argilla` says more.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        only_issues, ids, class_names, metadata : as in make_records
            What is in the records: see :func:`label_auditor.export.records.make_records`.
        prediction_agent : str, default="label-auditor"
            Who is said to have made the suggestions.
        n_reviewers : int, default=1
            How many reviewers answer a record before it is done.

        Returns
        -------
        settings : argilla.Settings
            What a data set for them needs.
        records : list of argilla.Record
            In the order of the audit.
        """
        from label_auditor.export import argilla

        return argilla.to_argilla(
            self._held_audit(),
            inputs,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            prediction_agent=prediction_agent,
            n_reviewers=n_reviewers,
        )

    def push_to_argilla(
        self,
        inputs: Any,
        name: str,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        only_issues: bool = True,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        prediction_agent: str = "label-auditor",
        n_reviewers: int = 1,
        chunk_size: int = 500,
        progress: bool | None = None,
    ) -> PushReport:
        """Log records to an Argilla 2 server, without the package `argilla`.

        :func:`label_auditor.export.argilla.push_to_argilla` says more.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        name : str
            The data set on the server.
        api_url, api_key, workspace : str, default=None
            The server, your key there, and a workspace. None is the environment variable
            ARGILLA_API_URL or ARGILLA_API_KEY; for the workspace, the only one that you have.
        only_issues, ids, class_names, metadata : as in make_records
            What is in the records: see :func:`label_auditor.export.records.make_records`.
        prediction_agent : str, default="label-auditor"
            Who is said to have made the suggestions.
        n_reviewers : int, default=1
            How many reviewers answer a record before it is done; for a data set that is made.
        chunk_size : int, default=500
            Records per request, from 1 to 500.
        progress : bool, default=None
            Whether to show a progress bar; None shows one on a terminal only.

        Returns
        -------
        PushReport
            How many records were stored.
        """
        from label_auditor.export import argilla

        return argilla.push_to_argilla(
            self._held_audit(),
            inputs,
            name,
            api_url=api_url,
            api_key=api_key,
            workspace=workspace,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            prediction_agent=prediction_agent,
            n_reviewers=n_reviewers,
            chunk_size=chunk_size,
            progress=progress,
        )

    def to_datasets(
        self,
        inputs: Any,
        *,
        only_issues: bool = True,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        explanation: Sequence[Mapping[str, Any] | None] | None = None,
        prediction_agent: str = "label-auditor",
        annotation_agent: str = "given",
    ) -> Any:
        """Make a data set of the Hugging Face library `datasets`.

        :func:`label_auditor.export.hub.to_datasets` says more.

        Parameters
        ----------
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields of text.
        only_issues, ids, class_names, metadata, explanation : as in make_records
            What is in the records: see :func:`label_auditor.export.records.make_records`.
        prediction_agent, annotation_agent : str
            Who is said to have made the predictions and the given labels.

        Returns
        -------
        datasets.Dataset
            Rows in the order of the audit.
        """
        from label_auditor.export import hub

        return hub.to_datasets(
            self._held_audit(),
            inputs,
            only_issues=only_issues,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            explanation=explanation,
            prediction_agent=prediction_agent,
            annotation_agent=annotation_agent,
        )

    def to_html(
        self,
        path: str | os.PathLike[str],
        inputs: Any,
        *,
        ids: Iterable[Any] | None = None,
        class_names: Mapping[Any, str] | Sequence[str] | None = None,
        metadata: Any = None,
        estimate: ErrorEstimate | None = None,
        reviewed: Reviewed | None = None,
        title: str = "Label review",
        max_rows: int = 50_000,
    ) -> None:
        """Write the review page: one HTML file, for any browser, that needs no server.

        :func:`label_auditor.report.page.write_page` says more.

        Parameters
        ----------
        path : str or path
            The file. One that exists is replaced when the new one is complete.
        inputs : sequence of str of length n_samples, mapping or DataFrame
            The texts; or named fields, each a column of length n_samples.
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
        """
        from label_auditor.report.page import write_page

        write_page(
            self._held_audit(),
            inputs,
            path,
            ids=ids,
            class_names=class_names,
            metadata=metadata,
            estimate=estimate,
            reviewed=reviewed,
            title=title,
            max_rows=max_rows,
        )
