import dataclasses

import numpy as np
import pandas as pd
import pytest
from cleanlab.dataset import find_overlapping_classes
from cleanlab.rank import get_label_quality_scores

from label_auditor import LabelAudit, audit_labels


def make_noisy(n=400, n_classes=4, seed=0):
    """Probabilities of a fair model, and labels of which a tenth are wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n)
    logits = rng.normal(size=(n, n_classes)) + 3 * np.eye(n_classes)[truth]
    pred_probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given = np.where(rng.random(n) < 0.1, (truth + 1) % n_classes, truth)
    given[:n_classes] = np.arange(n_classes)
    return given, pred_probs


NAMES = np.array(["World", "Sports", "Business", "Sci/Tech"])


class TestAuditLabels:
    def test_labels_are_values_of_classes_in_the_order_of_the_columns(self):
        given, pred_probs = make_noisy()
        audit = audit_labels(NAMES[given], pred_probs, classes=NAMES)
        by_code = audit_labels(given, pred_probs)
        np.testing.assert_array_equal(audit.ranked, by_code.ranked)
        np.testing.assert_array_equal(audit.suggested_labels, NAMES[by_code.suggested_labels])
        order = np.argsort(NAMES)
        in_order = audit_labels(NAMES[given], pred_probs[:, order])
        np.testing.assert_array_equal(in_order.ranked, audit.ranked)

    def test_ints_that_are_not_positions(self):
        given, pred_probs = make_noisy(n_classes=3)
        odd = np.array([7, -1, 3])
        audit = audit_labels(odd[given], pred_probs, classes=[7, -1, 3])
        np.testing.assert_array_equal(audit.issues, audit_labels(given, pred_probs).issues)
        assert set(audit.suggested_labels) <= {7, -1, 3}

    def test_a_class_that_never_occurs(self):
        given, pred_probs = make_noisy()
        kept = given != 2
        audit = audit_labels(given[kept], pred_probs[kept], classes=range(4))
        assert audit.summary().loc[2, "given"] == 0
        with pytest.raises(ValueError, match="pred_probs has 4 columns but labels has 3 classes"):
            audit_labels(given[kept], pred_probs[kept])

    @pytest.mark.parametrize(
        ("labels", "classes", "message"),
        [
            (["a", "b", "c"], ["a", "b"], r"labels holds 'c' \(row 2\), not among the classes"),
            ([0, 1, 0], ["a", "b"], r"labels holds 0, 1 \(rows 0, 1, 2\).*never column positions"),
            (["a", "b", "a"], ["a", "a"], "classes must name each column of pred_probs once"),
            (["a", "b", "a"], ["a", "b", "c"], "pred_probs has 2 columns but classes has 3"),
            (["a", None, "b"], None, r"labels is missing .* for 1 of 3 rows: row 1; drop"),
            ([["a"], ["b"], ["a"]], None, r"labels has shape \(3, 1\), but one label per row"),
            ([], None, "labels is empty"),
            (["a", 1, "b"], None, "(labels|y) mixes strings with other values"),
        ],
    )
    def test_what_is_wrong_with_labels_is_said(self, labels, classes, message):
        pred_probs = np.full((3, 2), 0.5)
        with pytest.raises(ValueError, match=message):
            audit_labels(np.array(labels, dtype=object), pred_probs, classes=classes)

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match="3 rows but there are 2 labels"):
            audit_labels(["a", "b"], np.full((3, 2), 0.5))

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5, 1.5, 0.2])
    def test_rows_that_are_no_probabilities_are_named(self, bad):
        given, pred_probs = make_noisy()
        pred_probs[17, 1] = bad
        with pytest.raises(ValueError, match=r"pred_probs.*row 17"):
            audit_labels(given, pred_probs)

    @pytest.mark.parametrize(
        ("keyword", "message"),
        [
            ({"filter_by": "magic"}, "filter_by.*'magic'.*prune_by_noise_rate"),
            ({"rank_by": "magic"}, "rank_by.*'magic'.*self_confidence"),
            ({"index": [1, 2]}, "index has 2 names but there are 400 labels"),
            (
                {"rank_by": lambda codes, p: p[0]},
                "rank_by must give one number for each of the 400",
            ),
            ({"num_to_remove_per_class": [1]}, "num_to_remove_per_class"),
        ],
    )
    def test_what_is_wrong_with_options_is_said(self, keyword, message):
        with pytest.raises(ValueError, match=message):
            audit_labels(*make_noisy(), **keyword)

    def test_rank_by_a_function_of_codes_and_probabilities(self):
        given, pred_probs = make_noisy()

        def square(codes, probs):
            return probs[np.arange(len(codes)), codes] ** 2

        audit = audit_labels(NAMES[given], pred_probs, classes=NAMES, rank_by=square)
        np.testing.assert_array_equal(audit.scores, square(given, pred_probs))
        assert audit.rank_by == "square"

    @pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
    def test_rank_by_scores_adjusted_for_class_imbalance(self, method):
        given, pred_probs = make_noisy()
        audit = audit_labels(given, pred_probs, rank_by=f"adjusted_{method}")
        expected = get_label_quality_scores(
            given, pred_probs, method=method, adjust_pred_probs=True
        )
        np.testing.assert_allclose(audit.scores, expected, rtol=0, atol=1e-12)
        assert not np.allclose(audit.scores, audit_labels(given, pred_probs, rank_by=method).scores)

    def test_the_rows_are_read_in_place(self):
        given, pred_probs = make_noisy()
        assert audit_labels(given, pred_probs).pred_probs is pred_probs


class TestLabelAudit:
    def test_is_frozen(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            audit_labels(*make_noisy()).labels = None

    def test_frame(self):
        given, pred_probs = make_noisy()
        series = pd.Series(NAMES[given], index=[f"r{i}" for i in range(400)])
        audit = audit_labels(series, pred_probs, classes=NAMES)
        frame = audit.to_frame()
        assert frame.columns.tolist() == [
            "given_label", "suggested_label", "label_quality", "is_label_issue", "rank",
        ]  # fmt: skip
        assert frame.index.tolist() == series.index.tolist()
        np.testing.assert_array_equal(frame["rank"].isna(), ~audit.issues)
        worst_first = frame.dropna(subset="rank").sort_values("rank")
        assert worst_first["rank"].tolist() == list(range(audit.n_issues))
        assert worst_first.index.tolist() == [f"r{i}" for i in audit.ranked]
        assert worst_first["label_quality"].is_monotonic_increasing

    def test_summary_counts_every_class(self):
        given, pred_probs = make_noisy()
        audit = audit_labels(NAMES[given], pred_probs, classes=NAMES)
        table = audit.summary()
        assert table.index.tolist() == NAMES.tolist()
        assert table["given"].tolist() == np.bincount(given).tolist()
        assert table["flagged"].tolist() == np.bincount(given[audit.issues]).tolist()
        joint = audit.confident_joint
        np.testing.assert_allclose(
            table["estimated_noise"], 1 - joint.diagonal() / joint.sum(axis=1)
        )
        assert (
            table["most_confused_with"].tolist()
            == NAMES[(joint - np.diag(joint.diagonal())).argmax(axis=1)].tolist()
        )

    def test_a_clean_class_is_confused_with_none(self):
        pred_probs = np.array([[0.9, 0.1]] * 5 + [[0.1, 0.9]] * 5)
        audit = audit_labels(["a"] * 5 + ["b"] * 5, pred_probs)
        assert audit.summary()["most_confused_with"].isna().all()
        assert audit.overlapping_classes().empty
        assert audit.n_issues == 0

    def test_overlapping_classes_are_those_of_cleanlab(self):
        given, pred_probs = make_noisy()
        found = audit_labels(given, pred_probs).overlapping_classes()
        expected = find_overlapping_classes(given, pred_probs)
        expected = expected[expected["Num Overlapping Examples"] > 0]
        pairs = found.set_index(["class_a", "class_b"]).sort_index()
        theirs = expected.set_index(["Class Index A", "Class Index B"]).sort_index()
        assert pairs["n_overlapping"].tolist() == theirs["Num Overlapping Examples"].tolist()
        np.testing.assert_allclose(pairs["joint_probability"], theirs["Joint Probability"])
        assert found["n_overlapping"].is_monotonic_decreasing

    def test_noise_matrix_columns_sum_to_one(self):
        given, pred_probs = make_noisy()
        noise = audit_labels(given, pred_probs).noise_matrix
        np.testing.assert_allclose(noise.sum(axis=0), 1)
        assert (noise.diagonal() > 0.8).all()
        assert noise[1, 0] > noise[2, 0]  # class 0 is given as 1, its flipped neighbour

    def test_repr_says_what_it_holds(self):
        text = repr(audit_labels(*make_noisy()))
        assert "400 rows in 4 classes" in text
        assert "flagged by prune_by_noise_rate" in text


class TestSave:
    @pytest.mark.parametrize(
        ("labels", "index"),
        [
            (NAMES, None),
            (NAMES.astype(object), [f"r{i}" for i in range(400)]),
            (np.array([7, -1, 3, 5]), pd.RangeIndex(5, 405, name="id")),
            (np.array([0.5, 1.5, 2.5, 3.5]), pd.date_range("2020", periods=400)),
        ],
        ids=["str", "object", "int", "float"],
    )
    def test_load_gives_back_what_was_saved(self, tmp_path, labels, index):
        given, pred_probs = make_noisy()
        audit = audit_labels(
            labels[given], pred_probs.astype(np.float32), classes=labels, index=index
        )
        audit.save(tmp_path / "audit.npz")
        again = LabelAudit.load(tmp_path / "audit.npz")
        for field in dataclasses.fields(audit):
            before, after = getattr(audit, field.name), getattr(again, field.name)
            if isinstance(before, np.ndarray):
                assert after.dtype == before.dtype
                np.testing.assert_array_equal(after, before)
            else:
                assert list(after) == list(before)
        pd.testing.assert_frame_equal(
            again.to_frame(), audit.to_frame(), check_index_type=False, check_freq=False
        )
        assert [path.name for path in tmp_path.iterdir()] == ["audit.npz"]

    def test_labels_that_need_pickle_are_refused_and_nothing_is_left(self, tmp_path):
        given, pred_probs = make_noisy()
        audit = audit_labels(given, pred_probs, index=[(i, i) for i in range(400)])
        (tmp_path / "audit.npz").write_text("the old one")
        with pytest.raises(TypeError, match="index holds tuple objects"):
            audit.save(tmp_path / "audit.npz")
        assert (tmp_path / "audit.npz").read_text() == "the old one"
        assert len(list(tmp_path.iterdir())) == 1

    def test_another_file_is_refused(self, tmp_path):
        np.savez(tmp_path / "other.npz", a=1)
        (tmp_path / "text.npz").write_text("no")
        for name in ("other.npz", "text.npz"):
            with pytest.raises(ValueError, match="is not an audit that this version can read"):
                LabelAudit.load(tmp_path / name)
