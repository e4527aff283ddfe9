import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from label_auditor import LabelAuditor
from label_auditor.fitting.row_counts import refuse_changed_rows

X = np.random.default_rng(0).normal(size=(60, 2))
X[7] = np.nan
y = ["pos", "neg"] * 30
DROP = FunctionTransformer(lambda X: X[~np.isnan(X).any(axis=1)])
GROW = FunctionTransformer(lambda X: np.repeat(X, 2, axis=0))


@pytest.mark.parametrize("share", ["auto", True, False])
@pytest.mark.parametrize("train_on", ["all", None])
@pytest.mark.parametrize(
    ("steps", "data", "message"),
    [
        ([DROP, GaussianNB()], X, r"'functiontransformer' .* gave \d+ rows for the \d+ rows"),
        ([GROW, GaussianNB()], X[8:], r"'functiontransformer' .* gave (104|82) rows for the"),
        (
            [StandardScaler(), GROW, GaussianNB()],
            X[8:],
            r"'functiontransformer' .* gave (104|82) rows for the",
        ),
    ],
)
def test_the_step_is_named_with_its_rows(steps, data, message, share, train_on):
    auditor = LabelAuditor(make_pipeline(*steps), share_preprocessing=share, train_on=train_on)
    with pytest.raises(ValueError, match=rf"step {message}.*drop or add rows before fit"):
        auditor.fit(data, y[: len(data)])


@pytest.mark.parametrize("cv", [3, "loo"])
@pytest.mark.parametrize("share", ["auto", False])
@pytest.mark.parametrize("before", [[GROW], ["passthrough", FunctionTransformer(), GROW]], ids=len)
def test_the_step_of_a_member_of_a_vote_is_named(cv, share, before):
    member = make_pipeline(*before, GaussianNB())
    vote = VotingClassifier([("nb", GaussianNB()), ("gone", "drop"), ("g", member)], voting="soft")
    auditor = LabelAuditor(vote, cv=cv, share_preprocessing=share)
    with pytest.raises(ValueError, match=r"step 'functiontransformer(-2)?' .* gave \d+ rows for"):
        auditor.fit(X[8:], y[8:])


def test_a_pipeline_is_named_with_leave_one_out():
    with pytest.raises(
        ValueError, match="step 'functiontransformer' of the pipeline gave 104 rows"
    ):
        LabelAuditor(make_pipeline(GROW, GaussianNB()), cv="loo").fit(X[8:], y[8:])


@pytest.mark.parametrize("share", ["auto", False])
@pytest.mark.parametrize("vectorizer", [CountVectorizer(), TfidfVectorizer()])
def test_a_table_of_one_column_of_texts_is_told_from_texts(vectorizer, share):
    table = pd.DataFrame({"text": ["good film", "bad film"] * 30})
    auditor = LabelAuditor(make_pipeline(vectorizer, MultinomialNB()), share_preprocessing=share)
    with pytest.raises(ValueError, match=r"gave 1 row for the 60 rows .* such as X\['text'\]"):
        auditor.fit(table, y)
    assert auditor.fit(table["text"], y).n_label_issues_ == 0


def test_other_errors_are_left_alone():
    error = ValueError("other")
    refuse_changed_rows(GaussianNB(), X, error)
    refuse_changed_rows(make_pipeline(StandardScaler(), GaussianNB()), X, error)
    fitted = make_pipeline(StandardScaler(), GaussianNB()).fit(X[8:], y[8:])
    refuse_changed_rows(fitted, X[8:], error)
