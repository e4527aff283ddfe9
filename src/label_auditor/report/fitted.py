"""What a notebook shows of a fitted auditor: scikit-learn's diagram, and what was found."""

from __future__ import annotations

from label_auditor._sklearn import WithMoreBelow
from label_auditor.report.notebook import compact


class FittedInNotebook(WithMoreBelow):
    """An estimator of scikit-learn that holds an audit once it is fitted, and then shows both."""

    def _below_diagram(self) -> str:
        audit = vars(self).get("audit_")
        return "" if audit is None else compact(audit)
