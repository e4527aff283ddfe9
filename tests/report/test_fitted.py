"""A notebook shows what a fitted auditor has found, below scikit-learn's diagram."""

import numpy as np
from sklearn.naive_bayes import GaussianNB

from label_auditor import LabelAuditor


def test_what_was_found_stands_below_the_diagram():
    X, y = np.arange(40.0).reshape(-1, 1), np.repeat(["low", "high"], 20)
    auditor = LabelAuditor(GaussianNB(), cv="loo")
    before = auditor._repr_mimebundle_()["text/html"]
    assert "flagged" not in before
    auditor.fit(X, y)
    for shown in (auditor._repr_html_(), auditor._repr_mimebundle_()["text/html"]):
        assert "GaussianNB" in shown
        assert shown.index("GaussianNB") < shown.index("flagged")
