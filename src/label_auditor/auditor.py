"""`LabelAuditor`: the audit as a scikit-learn meta-estimator."""

from __future__ import annotations

import os
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted

from label_auditor._sklearn import HasMethods, StrOptions, _fit_context
from label_auditor.audit.from_blocks import fit_blocks
from label_auditor.audit.from_probabilities import audit_codes, audit_labels
from label_auditor.audit.hints import OF_AUDITORS
from label_auditor.audit.outputs import Outputs
from label_auditor.confident_learning.row_blocks import LabelledRows
from label_auditor.confident_learning.rules import RULES, FilterBy, Rule
from label_auditor.confident_learning.scores import SCORES, RankBy
from label_auditor.data.naming import check_index
from label_auditor.data.own_methods import own_methods
from label_auditor.data.tables import find_index
from label_auditor.fitting import out_of_sample
from label_auditor.fitting.blocks.reading import is_lazy, take_rows
from label_auditor.fitting.final_fit import drop_flagged, train_final
from label_auditor.fitting.inputs import check_classes, check_data, check_weights, find_features
from label_auditor.fitting.prediction import PredictionMixin
from label_auditor.fitting.progress import CallbackSupportMixin, start_task, with_callbacks
from label_auditor.fitting.routing import make_router, refuse_cut_rows, route
from label_auditor.fitting.training_labels import decide_labels
from label_auditor.report.fitted import FittedInNotebook
from label_auditor.review.decided import read_decisions
from label_auditor.review.gathering import GathersEvidence

if TYPE_CHECKING:
    import joblib
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags
    from sklearn.utils.metadata_routing import MetadataRouter

    from label_auditor.audit.single_label import LabelAudit
    from label_auditor.review.decided import Reviewed


@own_methods
class LabelAuditor(
    PredictionMixin,
    Outputs,
    GathersEvidence,
    FittedInNotebook,
    ClassifierMixin,
    MetaEstimatorMixin,
    CallbackSupportMixin,
    BaseEstimator,
):
    """Find label errors with the out-of-sample probabilities of any classifier.

    `fit` cross-validates the classifier over the data, compares each given label with the
    probabilities of models that never saw the row, and flags and ranks the labels that look
    wrong by confident learning [1]_. Then it fits the classifier on all of the data, so that the
    auditor predicts as the classifier would.

    Parameters
    ----------
    estimator : classifier with `predict_proba`, default=None
        Cloned, never touched. None is :class:`~sklearn.linear_model.LogisticRegression`. Its
        columns are found by the values in its `classes_`, in any order. A classifier that refuses
        the labels as they are, as XGBoost refuses strings, is fitted on the codes 0, 1, 2, …
        instead; `predict`, `classes_` and `estimator_` still speak of the labels.
    cv : int, cross-validation splitter, iterable of splits, "oob" or "loo", default=None
        How rows are held out; as in :func:`~sklearn.model_selection.cross_val_predict`, None is
        five stratified folds in the order of the data. An iterable gives a pair for each fold: the
        rows to train on and the rows to hold out, each as positions from 0 or as a boolean mask of
        all rows. No fold may hold out a row that it trains on. Rows held out more than once, as by
        :class:`~sklearn.model_selection.RepeatedStratifiedKFold`, get the mean of their
        probabilities; rows never held out are not evaluated. "oob" fits a bagged ensemble once
        and takes its out-of-bag probabilities. "loo" fits once and judges each row as a model of
        all other rows would: exactly for naive Bayes, nearest neighbours and discriminant
        analysis, closely for logistic regression on dense features, in a vote by probabilities
        for each member; others are refused.
    filter_by : str, default="prune_by_noise_rate"
        Which rows are flagged: "prune_by_noise_rate", "prune_by_class", "both",
        "confident_learning", "predicted_neq_given", "low_normalized_margin" or
        "low_self_confidence", each as in cleanlab.
    rank_by : str or callable, default="self_confidence"
        The label quality score: a name in :mod:`label_auditor.scores`; "adjusted_self_confidence"
        or "adjusted_normalized_margin", adjusted for class imbalance; or a function from
        (codes, pred_probs) to one score per row, low is suspicious; codes are positions in
        `classes_`.
    share_preprocessing : "auto" or bool, default="auto"
        Whether what the leading steps of a Pipeline do without labels is done once, not once per
        fold; no label can leak that way into the rows it scores. The same for each member of a
        vote by probabilities. A CountVectorizer or TfidfVectorizer reads texts once, and each
        fold chooses its vocabulary: that is exact. Other steps are fitted once on all of X, so
        that held-out rows do shape them. "auto": if `cv` is None, an int, "oob" or "loo". False
        gives exactly what :func:`~sklearn.model_selection.cross_val_predict` does.
    train_on : {"all", "unflagged", "corrected"} or None, default="all"
        The rows that `estimator_` is fitted on: all, those not flagged, or all with the suggested
        labels for the flagged ones. If that would leave a class without rows, its rows stay as
        they are. None fits no `estimator_`, and there is no `predict`.
    missing_labels : {"raise", "suggest"}, default="raise"
        What to do about labels that are None, NaN or NA: refuse them, or leave their rows out of
        training and suggest a label.
    n_jobs : int, default=None
        Folds fitted at a time; None is 1 unless in a :class:`joblib.parallel_config` context.
        Numeric X is shared by threads, unless that context names a backend. Classifiers that are
        parallel inside get their folds one after another.
    memory : str, path or joblib.Memory, default=None
        Where finished folds are kept, so that an interrupted fit resumes, and another `filter_by`
        or `rank_by` costs no fold. The folder must be your own: it holds pickles, and whoever can
        write to it can run code in your name.
    verbose : int, default=0
        Verbosity of joblib over the folds. With scikit-learn 1.9 or newer, callbacks such as
        ``set_callbacks(sklearn.callback.ProgressBar())`` show progress too.

    Attributes
    ----------
    label_issues_ : ndarray of bool, shape (n_samples,)
        The rows flagged as label issues.
    label_scores_ : ndarray of float64, shape (n_samples,)
        Label quality scores, in [0, 1] for the built-in ones; low is suspicious; NaN where the
        row was not evaluated.
    ranked_issues_ : ndarray of int, shape (n_issues,)
        Positions of the flagged rows, worst first.
    n_label_issues_ : int
        How many rows are flagged; no estimate of the number of errors.
    suggested_labels_ : ndarray of shape (n_samples,)
        The likeliest class of every row, in y's own values.
    evaluated_ : ndarray of bool, shape (n_samples,)
        False for rows that could not be judged: never held out (or never out of bag), the only
        member of a class, or without a label. They are not flagged, and their score is NaN.
    cv_probabilities_ : ndarray of float, shape (n_samples, n_classes)
        Out-of-sample probabilities; NaN where a row was never held out.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    estimator_ : classifier
        The classifier, fitted on the rows that `train_on` says; absent if that is None. Where it
        needs codes, a wrapper around it that takes and gives labels.
    audit_ : LabelAudit
        All of the above, for export, review and estimates.
    n_features_in_ : int
        Number of features seen in fit, where the classifier counts them.
    feature_names_in_ : ndarray of str, shape (n_features,)
        Names of features seen in fit, where the classifier keeps them.

    See Also
    --------
    audit_labels : The same audit with the probabilities of a model fitted elsewhere.

    References
    ----------
    .. [1] Northcutt, Jiang, Chuang (2021). Confident Learning: Estimating Uncertainty in Dataset
       Labels. Journal of Artificial Intelligence Research 70.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from label_auditor import LabelAuditor
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> y[[3, 20]] = 2
    >>> auditor = LabelAuditor(LogisticRegression(max_iter=1000)).fit(X, y)
    >>> auditor.ranked_issues_
    array([ 3, 20])
    >>> frame = auditor.to_frame()
    >>> frame.loc[frame["is_label_issue"], ["given_label", "suggested_label", "rank"]]
        given_label  suggested_label  rank
    3             2                0     0
    20            2                0     1
    """

    _HINTS = OF_AUDITORS
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        "estimator": [HasMethods("fit"), None],
        "cv": ["cv_object", StrOptions(set(out_of_sample.FROM_ONE_FIT))],
        "filter_by": [StrOptions(set(RULES))],
        "rank_by": [StrOptions(set(SCORES)), callable],
        "share_preprocessing": ["boolean", StrOptions({"auto"})],
        "train_on": [StrOptions({"all", "unflagged", "corrected"}), None],
        "missing_labels": [StrOptions({"raise", "suggest"})],
        "n_jobs": [None, Integral],
        "memory": [None, str, os.PathLike, HasMethods("cache")],
        "verbose": ["verbose"],
    }

    # Row positions are nothing that a search could cut with X.
    __metadata_request__fit = {"reviewed": UNUSED}  # noqa: RUF012 - scikit-learn's protocol

    def __init__(
        self,
        estimator: Any = None,
        *,
        cv: Any = None,
        filter_by: FilterBy = "prune_by_noise_rate",
        rank_by: RankBy = "self_confidence",
        share_preprocessing: bool | Literal["auto"] = "auto",
        train_on: Literal["all", "unflagged", "corrected"] | None = "all",
        missing_labels: Literal["raise", "suggest"] = "raise",
        n_jobs: int | None = None,
        memory: str | os.PathLike[str] | joblib.Memory | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.filter_by = filter_by
        self.rank_by = rank_by
        self.share_preprocessing = share_preprocessing
        self.train_on = train_on
        self.missing_labels = missing_labels
        self.n_jobs = n_jobs
        self.memory = memory
        self.verbose = verbose

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X: Any, y: ArrayLike, *, reviewed: Reviewed | None = None, **params: Any
    ) -> LabelAuditor:
        """Cross-validate the classifier, audit the labels, fit the classifier on all rows.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data, in any form that the classifier takes; texts for a text pipeline. Data of
            dask are read in blocks, see :doc:`/scale`.
        y : array-like of shape (n_samples,)
            The labels to audit: strings, ints, bools or categoricals.
        reviewed : Corrections, mapping from row position to label, or Series, default=None
            What reviewers have decided so far; None for a discarded row, from which no model
            learns. The audit still judges the labels in y. Corrections and a pandas Series name
            rows by the index of X, else of y, else by position. Searches refuse it.
        **params : dict
            Metadata. With metadata routing, as requested; without, `groups` goes to the splitter
            and the rest to the classifier's `fit`. With data of dask, only weights of the rows.

        Returns
        -------
        LabelAuditor
            The auditor itself, fitted.

        Raises
        ------
        ValueError
            If labels are missing, there are fewer than two classes, X and y differ in length, the
            classifier gives no probabilities, or `reviewed` has unknown rows or labels.
        """
        if reviewed is not None:
            refuse_cut_rows()
        if not hasattr(self._base(), "predict_proba"):
            raise ValueError(
                f"estimator is {type(self.estimator).__name__}, which has no predict_proba; wrap "
                "it in CalibratedClassifierCV, or choose a classifier that has it."
            )
        if is_lazy(X):
            return self._keep(*fit_blocks(self, self._base(), X, y, reviewed, params))
        index = find_index(X, y)
        X, codes, classes = check_data(X, y, allow_missing=self.missing_labels == "suggest")
        features = find_features(X)
        check_classes(classes)
        index = check_index(index, len(codes))
        labels = decide_labels(codes, classes, *read_decisions(reviewed, index, classes))
        check_weights(params.get("sample_weight"), labels.used, classes)
        routed = route(self, params)
        shared = out_of_sample.share(self._base(), X, routed.fit, self.cv, self.share_preprocessing)
        settings = out_of_sample.Settings(
            self.cv, self.train_on, self.n_jobs, self.memory, self.verbose
        )
        trains_apart = self.train_on in ("unflagged", "corrected")
        with start_task(self, n_parts=1 + trains_apart) as task, shared.limit_threads():
            pred_probs, judged, trained = out_of_sample.predict_out_of_sample(
                settings, shared, X, labels, classes, routed, task
            )
            audit = audit_codes(
                codes,
                LabelledRows(np.where(judged, codes, -1), pred_probs, self.n_jobs),
                Rule(self.filter_by),
                classes=classes,
                rank_by=self.rank_by,
                index=index,
            )
            if trains_apart:
                with task.part("fit-final-estimator"):
                    trained = train_final(self.train_on, shared, labels, audit, routed.fit)
        self._keep(audit, features, None if self.train_on is None else shared.join(trained))
        self._taught = None if routed.fit else labels.used
        return self

    def fit_resample(self, X: Any, y: ArrayLike, **params: Any) -> tuple[Any, Any]:
        """Fit, and give the rows that are not flagged: imbalanced-learn's protocol.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            The data.
        y : array-like of shape (n_samples,)
            The labels to audit.
        **params : dict
            As for `fit`.

        Returns
        -------
        X_kept : same kind as X
            The rows that have a label and are not flagged; of a class that would be left without
            rows, all.
        y_kept : same kind as y
            Their labels, as they were given.

        Raises
        ------
        TypeError
            If `reviewed` is passed, with which y could not stay as it is.
        """
        if "reviewed" in params:
            raise TypeError(
                "fit_resample gives labels as they were given, and so takes no reviewed; call fit "
                "with it and train_on='unflagged', or put decisions into y by apply_corrections."
            )
        self.fit(X, y, **params)
        rows = drop_flagged(self.audit_.codes, self.label_issues_, self.classes_)
        return take_rows(X, rows), take_rows(y, rows)

    def audit(self, X: Any, y: ArrayLike) -> LabelAudit:
        """Audit the labels of held-out data with the fitted classifier.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame or list, n_samples long
            Data that the auditor was not fitted on.
        y : array-like of shape (n_samples,)
            Its labels; each must be among `classes_`.

        Returns
        -------
        LabelAudit
            The audit; every row of it is evaluated.

        Raises
        ------
        ValueError
            If labels are missing or not among `classes_`, or X and y differ in length.
        """
        check_is_fitted(self)
        index = find_index(X, y)
        X, codes, classes = check_data(X, y, allow_missing=False)
        return audit_labels(
            classes[codes],
            self.predict_proba(X),
            classes=self.classes_,
            filter_by=self.filter_by,
            rank_by=self.rank_by,
            index=index,
            n_jobs=self.n_jobs,
        )

    def get_metadata_routing(self) -> MetadataRouter:
        """Say who gets the metadata given to `fit`: the classifier and the splitter.

        Returns
        -------
        MetadataRouter
            The routing, as in scikit-learn's user guide on metadata routing.
        """
        return make_router(self, self._base(), self.cv)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        wrapped = get_tags(self._base())
        tags.input_tags = wrapped.input_tags
        tags.classifier_tags = wrapped.classifier_tags
        tags.classifier_tags.multi_label = False
        return tags

    def _held_audit(self) -> LabelAudit:
        check_is_fitted(self)
        return self.audit_

    def _base(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator

    def _keep(self, audit: LabelAudit, features: dict[str, Any], fitted: Any) -> LabelAuditor:
        # What an earlier fit had and this one may not have is dropped.
        for name in ("estimator_", "n_features_in_", "feature_names_in_", "_taught"):
            self.__dict__.pop(name, None)
        self.__dict__.update(features)
        if fitted is not None:
            self.estimator_: Any = fitted
        self.audit_ = audit
        self.classes_: NDArray[Any] = audit.classes
        self.cv_probabilities_: NDArray[np.floating] = audit.pred_probs
        self.label_issues_: NDArray[np.bool_] = audit.issues
        self.label_scores_: NDArray[np.float64] = audit.scores
        self.ranked_issues_: NDArray[np.intp] = audit.ranked
        self.n_label_issues_: int = audit.n_issues
        self.suggested_labels_: NDArray[Any] = audit.suggested_labels
        self.evaluated_: NDArray[np.bool_] = audit.evaluated
        return self
