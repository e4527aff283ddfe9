import dataclasses

import numpy as np
import pandas as pd
import pytest
from cleanlab.dataset import find_overlapping_classes

from label_auditor import LabelAudit, audit_labels
from oracle import make_noisy

NAMES = np.array(["World", "Sports", "Business", "Sci/Tech"])


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
            elif before is None:
                assert after is None
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
