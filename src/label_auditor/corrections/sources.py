"""The tools of reviewers, from which their decisions are read. Each is imported on use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from label_auditor.data.decisions import Correction

Made = TypeVar("Made", bound="Sources")


class Sources:
    """The ways to make a collection of the decisions that are elsewhere.

    Parameters
    ----------
    corrections : iterable of Correction
        In the order in which they were made.
    """

    def __init__(self, corrections: Iterable[Correction]) -> None:
        raise NotImplementedError  # what collects them does

    @classmethod
    def from_mapping(cls: type[Made], decided: Mapping[Any, Any] | pd.Series) -> Made:
        """Make corrections of labels that you hold in a dict or a Series.

        Parameters
        ----------
        decided : mapping or Series
            The label of each record by its id, which is the index of the audit or what was passed
            as `ids`; a class, or the name of one. Lists and tuples hold several labels. A missing
            label (None, NaN or NA) discards the record.

        Returns
        -------
        Corrections
            In the order of the entries, by no named reviewer.

        Raises
        ------
        TypeError
            If it is neither a mapping nor a Series.
        ValueError
            If an id is missing, or two are the same once they are strings.

        Examples
        --------
        >>> from label_auditor import Corrections
        >>> Corrections.from_mapping({"a": "dog", "b": "cat", "c": None})
        <Corrections: 3 records, of which 2 validated, 1 discarded, 0 open; by 0 named reviewers>
        """
        from label_auditor.corrections.mappings import read_mapping

        return cls(read_mapping(decided))

    @classmethod
    def from_records(
        cls: type[Made], records: Iterable[Any], *, annotation_agent: str = "given"
    ) -> Made:
        """Read the decisions out of records that came back.

        Parameters
        ----------
        records : iterable
            Records of the client of Rubrix or Argilla 1, or dicts with the same names, as their
            servers send them or a data set holds them. Records that nobody has reviewed, whose
            status is "Default" or "Edited", are passed over.
        annotation_agent : str, default="given"
            The name under which the given labels were recorded when the records were sent. It is
            not taken for a reviewer, although Rubrix keeps it on a record that somebody discards.

        Returns
        -------
        Corrections
            In the order of the records; `when` is known of those that a server sent.

        Raises
        ------
        TypeError
            If something isn't such a record.
        ValueError
            If a reviewed record has no id, if a validated record has no annotation or one that
            isn't the name of a class, or if a status is unknown.
        """
        from label_auditor.export.rubrix.read import read_records

        return cls(read_records(records, annotation_agent))

    @classmethod
    def from_datasets(cls: type[Made], dataset: Any, *, annotation_agent: str = "given") -> Made:
        """Read the decisions out of a data set of the Hugging Face library.

        Parameters
        ----------
        dataset : datasets.Dataset
            With columns `id`, `status` and `annotation` (strings, class labels, or lists of them),
            as :meth:`LabelAudit.to_datasets` and Rubrix's `to_datasets` write it. Negative class
            labels, such as -1 and -100, are missing.
        annotation_agent : str, default="given"
            See :meth:`from_records`.

        Returns
        -------
        Corrections
            In the order of the rows.

        Raises
        ------
        ValueError
            If a column is missing; else as in :meth:`from_records`.
        """
        from label_auditor.export.hub import read_dataset

        return cls(read_dataset(dataset, annotation_agent))

    @classmethod
    def from_rubrix(
        cls: type[Made],
        name: str,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        annotation_agent: str = "given",
    ) -> Made:
        """Read the decisions from a server of Rubrix or Argilla 1, without the package of either.

        Parameters
        ----------
        name : str
            The data set.
        api_url, api_key, workspace : str, default=None
            As for :meth:`LabelAudit.push_to_rubrix`.
        annotation_agent : str, default="given"
            See :meth:`from_records`.

        Returns
        -------
        Corrections
            In the order of the ids; `when` is the time at which a record was last saved.

        Raises
        ------
        ValueError
            If the URL, key or workspace is missing or wrong, or there is no such data set.
        ConnectionError, PermissionError, RuntimeError
            If nothing answers for half a minute, the key is refused, or the server is neither
            Rubrix nor Argilla 1.
        """
        from label_auditor.export.rubrix.read import read_rubrix

        return cls(read_rubrix(name, api_url, api_key, workspace, annotation_agent))

    @classmethod
    def from_argilla(
        cls: type[Made],
        name: str,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        question: str = "label",
    ) -> Made:
        """Read the responses from an Argilla 2 server, without the package `argilla`.

        Every reviewer's response is kept, submitted or discarded; :attr:`decisions` takes the
        majority. Drafts are passed over.

        Parameters
        ----------
        name : str
            The data set.
        api_url, api_key, workspace : str, default=None
            As for :meth:`LabelAudit.push_to_argilla`.
        question : str, default="label"
            The question whose answers are the labels.

        Returns
        -------
        Corrections
            In the order of the records. `who` is a user's name, or id if your account may not see
            the names.

        Raises
        ------
        ValueError
            If the URL, key or workspace is missing or wrong, or there is no such data set or
            question.
        ConnectionError, PermissionError, RuntimeError
            If nothing answers for half a minute; if the key is refused, or your account may not
            see the responses of others; if it isn't Argilla 2.
        """
        from label_auditor.export.argilla.read import read_argilla

        return cls(read_argilla(name, api_url, api_key, workspace, question))

    @classmethod
    def from_label_studio(
        cls: type[Made],
        project: int | str,
        *,
        api_url: str | None = None,
        api_key: str | None = None,
    ) -> Made:
        """Read the annotations from a Label Studio server, without the package of its client.

        Every annotation of every annotator is kept, also that a task was skipped, which discards
        it; :attr:`decisions` takes the majority. Drafts are passed over.

        Parameters
        ----------
        project : int or str
            The id or the title of the project.
        api_url, api_key : str, default=None
            As for :meth:`LabelAudit.push_to_label_studio`.

        Returns
        -------
        Corrections
            In the order of the tasks, and of a task in the order of time. `who` is an annotator's
            e-mail address, or id if your account may not see the address.

        Raises
        ------
        ValueError
            If the URL or the token is missing or wrong; if there is no such project, or several of
            the title; or if somebody has annotated a task that was not sent from here.
        ConnectionError, PermissionError, RuntimeError
            If nothing answers for half a minute; if the token is refused; if it isn't Label Studio.
        """
        from label_auditor.export.label_studio.read import read_label_studio

        return cls(read_label_studio(project, api_url, api_key))

    @classmethod
    def from_label_studio_export(cls: type[Made], path: str | os.PathLike[str]) -> Made:
        """Read the annotations from a file that Label Studio has exported.

        Parameters
        ----------
        path : str or path
            The file, in one of the formats JSON, JSON-MIN and CSV. Label Studio leaves out of
            JSON-MIN and CSV the tasks that were skipped, so these don't count as discarded there:
            take JSON if you want to know of them.

        Returns
        -------
        Corrections
            In the order of the file. `who` is an annotator's e-mail address, or id if the file has
            no address.

        Raises
        ------
        ValueError
            If the file is no such export, or if somebody has annotated a task in it that was not
            sent from here; the error names the task.
        """
        from label_auditor.export.label_studio.read import read_export

        return cls(read_export(path))
