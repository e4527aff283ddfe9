"""How well the auditor and its peers pass scikit-learn's own checks for estimators.

    python benchmarks/conformance.py

This runs check_estimator on each estimator, and counts the checks that pass, fail and are skipped.
Peers that are not installed are left out. No failures are declared as expected for any estimator,
so the same checks apply to all of them.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from label_auditor import GeometricVotingClassifier, LabelAuditor

MEMBERS = [("nb", GaussianNB()), ("lr", LogisticRegression())]
BASES = [
    LogisticRegression(max_iter=1000),
    GaussianNB(),
    MultinomialNB(),
    ComplementNB(),
    BernoulliNB(),
    make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    RandomForestClassifier(n_estimators=5, random_state=0),
    ExtraTreesClassifier(n_estimators=5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=2, random_state=0),
    GradientBoostingClassifier(n_estimators=5, random_state=0),
    KNeighborsClassifier(),
    DecisionTreeClassifier(random_state=0),
    GaussianProcessClassifier(),
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(reg_param=0.1),
    SGDClassifier(loss="log_loss", random_state=0),
    CalibratedClassifierCV(GaussianNB(), cv=2),
    GeometricVotingClassifier(MEMBERS),
]
SKLEARN_PEERS = [
    CalibratedClassifierCV(LogisticRegression()),
    StackingClassifier([("base", LogisticRegression())]),
    SelfTrainingClassifier(LogisticRegression()),
    TunedThresholdClassifierCV(LogisticRegression()),
    FixedThresholdClassifier(LogisticRegression()),
    OneVsRestClassifier(LogisticRegression()),
    VotingClassifier(MEMBERS, voting="soft"),
]
OTHER_PEERS = [
    ("cleanlab.classification", "CleanLearning"),
    ("imblearn.ensemble", "BalancedBaggingClassifier"),
]


def count_checks(estimator: Any) -> tuple[int, int, int]:
    """Count the checks that pass, fail and are skipped."""
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    found = [result["status"] for result in results]
    return found.count("passed"), found.count("failed"), found.count("skipped")


def find_peers() -> list[Any]:
    """Make the peers that are installed, over a logistic regression."""
    installed = [(module, name) for module, name in OTHER_PEERS if find_spec(module.split(".")[0])]
    return [
        getattr(import_module(module), name)(LogisticRegression()) for module, name in installed
    ]


def describe(estimator: Any) -> str:
    """Name an estimator and what it wraps, without parameters."""
    if hasattr(estimator, "steps"):
        inner = [step for _, step in estimator.steps]
    else:
        inner = [estimator.get_params(deep=False).get("estimator")]
    names = ", ".join(describe(each) for each in inner if each is not None)
    return type(estimator).__name__ + (f"({names})" if names else "")


def main() -> None:
    warnings.simplefilter("ignore")
    print(f"scikit-learn {sklearn.__version__}\n")
    peers = [*SKLEARN_PEERS, *find_peers()]
    print("| estimator | passed | failed | skipped |\n|---|---|---|---|")
    own = [*map(LabelAuditor, BASES), GeometricVotingClassifier(MEMBERS)]
    for estimator in [*own, *peers]:
        passed, failed, skipped = count_checks(estimator)
        print(f"| {describe(estimator)} | {passed} | {failed} | {skipped} |", flush=True)


if __name__ == "__main__":
    main()
