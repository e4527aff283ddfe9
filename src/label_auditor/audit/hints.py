"""What to write for names that people try on an audit, coming from other packages."""

from __future__ import annotations

AS_FRAME = "to_frame(inputs), which gives a pandas.DataFrame"
ISSUES = "to_frame(inputs, only_issues=True, sort=True) for the flagged rows, worst first"
PLOT = "label_auditor.plots.ConfidentJointDisplay.from_audit(audit), or another display there"
COUNT = "estimate(reviewed, plan=plan), after plan_review(n, goal='count') and its review"
SEND = "to_datasets, push_to_rubrix, push_to_argilla or push_to_label_studio"
SHOW = "preview(inputs) in a notebook, or to_html(path, inputs) for a page to review"
SUMMARY = "summary() for a table of the classes, or to_html(path, inputs) for a page to review"

# Of pandas, and of those who want what it has.
OF_FRAMES = {
    **{
        name: f"to_frame(inputs).{name}, as to_frame gives a pandas.DataFrame"
        for name in (
            *("to_csv", "to_dict", "to_excel", "to_json", "to_markdown", "to_parquet", "to_sql"),
            *("columns", "drop", "dtypes", "filter", "head", "iloc", "itertuples", "loc", "query"),
            *("sample", "shape", "sort_values", "tail", "values"),
        )
    },
    **dict.fromkeys(("as_frame", "df", "frame", "to_dataframe", "to_df", "to_pandas"), AS_FRAME),
}
# What an audit and an auditor have under the same names.
OF_BOTH = {
    **OF_FRAMES,
    **dict.fromkeys(("count_errors", "error_rate", "n_errors"), COUNT),
    **dict.fromkeys(("export", "push", "send"), SEND),
    **dict.fromkeys(("display", "show", "view"), SHOW),
    **dict.fromkeys(("apply", "apply_corrections", "correct"), "label_auditor.apply_corrections"),
}
# Of cleanlab, and of those who look for what an audit has found.
OF_AUDITS = {
    **OF_BOTH,
    **dict.fromkeys(
        ("find_issues", "find_label_issues", "get_issues", "get_label_issues", "label_issues"),
        ISSUES,
    ),
    **dict.fromkeys(("errors", "flagged", "label_errors", "top", "worst"), ISSUES),
    "confusion_matrix": "confident_joint, or overlapping_classes()",
    **dict.fromkeys(("describe", "info", "report"), SUMMARY),
    **dict.fromkeys(("plot", "plots"), PLOT),
    **dict.fromkeys(("label_quality", "label_quality_scores", "label_scores"), "scores"),
    **dict.fromkeys(("get_label_quality_scores", "quality_scores"), "scores"),
    **dict.fromkeys(("issue_indices", "ranked_issues"), "ranked, the flagged rows by position"),
    **dict.fromkeys(("predicted_labels", "suggestions"), "suggested_labels"),
    **dict.fromkeys(("probabilities", "predict_proba"), "pred_probs"),
}
# The same on an auditor, where what was found has the names of scikit-learn's attributes.
OF_AUDITORS = {
    **OF_BOTH,
    **{
        name: f"audit_.{name}, as audit_ is what fit has found"
        for name in (
            *("class_names", "codes", "confident_joint", "index", "labels", "noise_matrix"),
            *("overlapping_classes", "save", "summary"),
        )
    },
    **dict.fromkeys(
        ("find_issues", "find_label_issues", "get_issues", "get_label_issues"),
        f"fit(X, y), and then {ISSUES}",
    ),
    **dict.fromkeys(("errors_", "flagged", "label_errors_", "worst"), ISSUES),
    **dict.fromkeys(("fit_transform", "transform"), "fit_resample(X, y) for the unflagged rows"),
    "fit_predict": "fit(X, y).label_issues_ for the flags, or fit(X, y).predict(X) for classes",
    **dict.fromkeys(("describe", "info", "report"), f"audit_.{SUMMARY}"),
    **dict.fromkeys(("plot", "plots"), PLOT.replace("(audit)", "(auditor.audit_)")),
    **dict.fromkeys(("issues", "issues_", "label_issues"), "label_issues_ or ranked_issues_"),
    **dict.fromkeys(("label_quality", "label_quality_", "label_quality_scores"), "label_scores_"),
    **dict.fromkeys(("label_scores", "quality", "scores", "scores_"), "label_scores_"),
    **dict.fromkeys(("ranked", "ranked_", "ranked_issues"), "ranked_issues_"),
    **dict.fromkeys(("n_issues", "n_issues_", "n_label_issues"), "n_label_issues_"),
    **dict.fromkeys(("predicted_labels", "suggested_labels"), "suggested_labels_"),
    **dict.fromkeys(("pred_probs", "pred_probs_", "probabilities"), "cv_probabilities_"),
    **dict.fromkeys(("clean", "clean_data", "drop_issues"), "fit_resample(X, y)"),
    "load": "LabelAudit.load(path), which reads what audit_.save(path) wrote",
}
