import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from cleanlab.multilabel_classification import get_label_quality_scores
from cleanlab.multilabel_classification.filter import find_label_issues
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.multiclass import OneVsRestClassifier

from label_auditor import LabelAudit, MultiLabelAudit, audit_labels

NAMES = ["red", "green", "blue"]


def lists(indicator):
    return [np.flatnonzero(row).tolist() for row in indicator]


@pytest.fixture(scope="module")
def noisy():
    """Labels of 300 rows, of which one in twelve is flipped, and probabilities of a fair model."""
    rng = np.random.default_rng(4)
    truth = rng.random((300, 3)) < [0.2, 0.4, 0.6]
    logits = rng.normal(size=truth.shape) * 1.5 + np.where(truth, 1.5, -1.5)
    indicator = truth ^ (rng.random(truth.shape) < 1 / 12)
    indicator[5] = False
    return indicator, 1 / (1 + np.exp(-logits))


@pytest.fixture(scope="module")
def audit(noisy):
    return audit_labels(*noisy, classes=NAMES, multi_label=True)


class TestAuditLabels:
    def test_what_was_found(self, noisy, audit):
        indicator, pred_probs = noisy
        assert type(audit) is MultiLabelAudit
        assert audit.pred_probs is pred_probs
        assert audit.labels.tolist() == [
            tuple(NAMES[k] for k in np.flatnonzero(row)) for row in indicator
        ]
        assert audit.suggested_labels.tolist() == [
            tuple(NAMES[k] for k in np.flatnonzero(row > 0.5)) for row in pred_probs
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ranked = find_label_issues(
                lists(indicator), pred_probs, return_indices_ranked_by="self_confidence", n_jobs=1
            )
        np.testing.assert_array_equal(audit.ranked, ranked)
        np.testing.assert_array_equal(np.flatnonzero(audit.issues), np.sort(ranked))
        expected = get_label_quality_scores(lists(indicator), pred_probs)
        np.testing.assert_allclose(audit.scores, expected, rtol=0, atol=1e-12)
        assert audit.n_issues == len(ranked) > 10
        assert audit.evaluated.all()
        assert "MultiLabelAudit of 300 rows in 3 classes" in repr(audit)

    @pytest.mark.parametrize(
        "form",
        [
            sparse.csr_matrix,
            lambda y: pd.DataFrame(y, columns=NAMES)[NAMES[::-1]],
            lambda y: [[NAMES[k] for k in np.flatnonzero(row)] for row in y],
        ],
        ids=["sparse", "frame", "lists"],
    )
    def test_forms_of_labels_give_the_same(self, noisy, audit, form):
        indicator, pred_probs = noisy
        other = audit_labels(form(indicator), pred_probs, classes=NAMES, multi_label=True)
        assert other.labels.tolist() == audit.labels.tolist()
        np.testing.assert_array_equal(other.ranked, audit.ranked)

    def test_the_index_is_that_of_the_labels(self, noisy):
        indicator, pred_probs = noisy
        names = [f"r{i}" for i in range(300)]
        frame = pd.DataFrame(indicator, index=names, columns=NAMES)
        audit = audit_labels(frame, pred_probs, multi_label=True)
        assert audit.to_frame().index.tolist() == names
        assert audit.classes.tolist() == NAMES

    def test_rank_by_a_function_of_matrix_and_probabilities(self, noisy):
        def worst(indicator, probs):
            return np.where(indicator, probs, 1 - probs).min(axis=1)

        audit = audit_labels(*noisy, multi_label=True, rank_by=worst)
        np.testing.assert_array_equal(audit.scores, worst(*noisy))
        assert audit.rank_by == "worst"

    @pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
    def test_rank_by_adjusted_scores(self, noisy, method):
        audit = audit_labels(*noisy, multi_label=True, rank_by=f"adjusted_{method}")
        indicator, pred_probs = noisy
        expected = get_label_quality_scores(
            lists(indicator), pred_probs, method=method, adjust_pred_probs=True
        )
        np.testing.assert_allclose(audit.scores, expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("method", ["log_margin", "confidence_weighted_entropy"])
    def test_every_score_takes_part(self, noisy, method):
        audit = audit_labels(*noisy, multi_label=True, rank_by=method)
        assert ((audit.scores > 0) & (audit.scores <= 1)).all()
        assert audit.scores[audit.issues].mean() < audit.scores[~audit.issues].mean()

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"filter_by": "magic"}, "filter_by.*'magic'.*prune_by_noise_rate"),
            ({"rank_by": "magic"}, "rank_by.*'magic'.*self_confidence"),
            ({"rank_by": lambda y, p: p}, "one number for each of the 300 rows"),
            ({"index": [1, 2]}, "index has 2 names but there are 300 labels"),
            ({"num_to_remove_per_class": [1]}, "num_to_remove_per_class.*each of the 3 classes"),
            ({"classes": ["a", "b"]}, "labels has 3 columns but classes is 'a', 'b'"),
        ],
    )
    def test_what_is_wrong_with_options_is_said(self, noisy, options, message):
        with pytest.raises(ValueError, match=message):
            audit_labels(*noisy, multi_label=True, **options)

    @pytest.mark.parametrize("form", [np.array, sparse.csr_array, pd.DataFrame, lists])
    def test_several_labels_are_refused_without_it(self, noisy, form):
        indicator, pred_probs = noisy
        with pytest.raises(ValueError, match=r"several labels per row: pass multi_label=True"):
            audit_labels(form(indicator), pred_probs)

    def test_shapes_must_agree(self, noisy):
        indicator, pred_probs = noisy
        with pytest.raises(ValueError, match="300 rows but there are 299 labels"):
            audit_labels(indicator[1:], pred_probs, multi_label=True)
        with pytest.raises(ValueError, match="2 columns but labels has 3 classes"):
            audit_labels(indicator, pred_probs[:, :2], multi_label=True)
        with pytest.raises(ValueError, match=r"2 columns but labels has 1 classes.*pass classes="):
            audit_labels([["a"], ["a"]], np.full((2, 2), 0.5), multi_label=True)

    def test_a_forest_that_gives_a_list_is_told_what_to_do(self, noisy):
        indicator, pred_probs = noisy
        by_class = [np.column_stack([1 - p, p]) for p in pred_probs.T]
        with pytest.raises(ValueError, match=r"shape \(3, 300, 2\).*column_stack"):
            audit_labels(indicator, by_class, multi_label=True)

    def test_flipped_labels_of_a_real_model_are_found(self):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(800, 10))
        truth = X @ rng.normal(size=(10, 4)) > 1
        flipped = rng.random(truth.shape) < 0.03
        model = OneVsRestClassifier(LogisticRegression(max_iter=1000))
        pred_probs = cross_val_predict(model, X, truth ^ flipped, method="predict_proba")
        audit = audit_labels(truth ^ flipped, pred_probs, multi_label=True)
        found = flipped[audit.class_issues.nonzero()]
        assert flipped.mean() < 0.04
        assert found.mean() > 0.7
        assert found.sum() > 0.7 * flipped.sum()


class TestMultiLabelAudit:
    def test_frame(self, audit):
        frame = audit.to_frame()
        assert frame.columns.tolist() == [
            "given_label", "suggested_label", "label_quality", "is_label_issue", "rank",
        ]  # fmt: skip
        assert frame.loc[5, "given_label"] == ()
        assert frame.sort_values("rank").index[: audit.n_issues].tolist() == audit.ranked.tolist()

    def test_a_flagged_row_has_a_doubted_class_and_another_has_none(self, audit):
        np.testing.assert_array_equal(audit.class_issues.sum(axis=1) > 0, audit.issues)
        for row in audit.ranked:
            doubted = {NAMES[k] for k in audit.class_issues[[row]].nonzero()[1]}
            assert doubted <= set(audit.labels[row]) ^ set(audit.suggested_labels[row])

    def test_summary_counts_every_class(self, noisy, audit):
        indicator, _ = noisy
        table = audit.summary()
        doubted = audit.class_issues.toarray()
        assert table.index.tolist() == NAMES
        assert table["given"].tolist() == indicator.sum(axis=0).tolist()
        assert table["flagged_given"].tolist() == (doubted & indicator).sum(axis=0).tolist()
        assert table["flagged_missing"].tolist() == (doubted & ~indicator).sum(axis=0).tolist()
        joint = audit.confident_joint
        np.testing.assert_allclose(
            table["estimated_noise"], 1 - (joint[:, 0, 0] + joint[:, 1, 1]) / 300
        )
        assert table["estimated_noise"].between(0.01, 0.2).all()

    def test_is_frozen(self, audit):
        with pytest.raises(dataclasses.FrozenInstanceError):
            audit.labels = None


class TestSave:
    @pytest.mark.parametrize(
        ("classes", "index"),
        [
            (np.array(NAMES), None),
            (np.array(NAMES, dtype=object), [f"r{i}" for i in range(300)]),
            (np.array([7, -1, 3]), pd.RangeIndex(5, 305, name="id")),
        ],
        ids=["str", "object", "int"],
    )
    @pytest.mark.parametrize("filter_by", ["prune_by_noise_rate", "low_self_confidence"])
    def test_load_gives_back_what_was_saved(self, tmp_path, noisy, classes, index, filter_by):
        audit = audit_labels(
            *noisy, classes=classes, index=index, filter_by=filter_by, multi_label=True
        )
        audit.save(tmp_path / "audit.npz")
        again = MultiLabelAudit.load(tmp_path / "audit.npz")
        for field in dataclasses.fields(audit):
            before, after = getattr(audit, field.name), getattr(again, field.name)
            if sparse.issparse(before):
                before, after = before.toarray(), after.toarray()
            if isinstance(before, np.ndarray):
                assert after.dtype == before.dtype
                np.testing.assert_array_equal(after, before)
            elif before is None:
                assert after is None
            else:
                assert list(after) == list(before)
        pd.testing.assert_frame_equal(again.to_frame(), audit.to_frame(), check_index_type=False)
        pd.testing.assert_frame_equal(again.summary(), audit.summary())

    def test_each_kind_reads_its_own(self, tmp_path, noisy, audit):
        audit.save(tmp_path / "many.npz")
        indicator, pred_probs = noisy
        pairs = np.column_stack([1 - pred_probs[:, 0], pred_probs[:, 0]])
        audit_labels(indicator[:, 0], pairs).save(tmp_path / "one.npz")
        with pytest.raises(ValueError, match=r"a multi-label audit; read it with MultiLabelAudit"):
            LabelAudit.load(tmp_path / "many.npz")
        with pytest.raises(ValueError, match=r"but an audit; read it with LabelAudit\.load"):
            MultiLabelAudit.load(tmp_path / "one.npz")
        (tmp_path / "text.npz").write_text("no")
        with pytest.raises(ValueError, match=r"pass a file that MultiLabelAudit\.save"):
            MultiLabelAudit.load(tmp_path / "text.npz")
