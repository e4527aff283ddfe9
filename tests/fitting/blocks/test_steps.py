import dask.array as da
import numpy as np
import pytest
from sklearn.decomposition import IncrementalPCA
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler

from label_auditor.fitting.blocks.estimators import cut_estimator
from label_auditor.fitting.blocks.learning import Fit
from label_auditor.fitting.blocks.reading import read_blocks
from label_auditor.fitting.blocks.scheduler import compute
from label_auditor.fitting.blocks.steps import learn_own_steps, share_in_blocks

X = np.random.default_rng(0).normal(5, 2, (20, 4))
y = np.array(list("ab") * 10)
BLOCKS = read_blocks(da.from_array(X, chunks=(6, 4)), y, allow_missing=False)
LOG = SGDClassifier(loss="log_loss")


def cut(*steps, share):
    return cut_estimator(make_pipeline(*steps, LOG), None, "dask Array", share=share)


def fit_of(name, chosen):
    return Fit(name, np.array(chosen), np.arange(2), BLOCKS.parts)


def test_a_shared_step_learns_from_all_rows_after_the_steps_before_it():
    steps = StandardScaler(), "passthrough", IncrementalPCA(n_components=2)
    learner, blocks = share_in_blocks(cut(*steps, share=True), BLOCKS)
    scaler, passed, pca = compute(learner.shared)
    assert passed == "passthrough"
    np.testing.assert_allclose(scaler.mean_, X.mean(axis=0))
    np.testing.assert_allclose(scaler.scale_, X.std(axis=0))
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = IncrementalPCA(n_components=2)
    for start in range(0, 20, 6):
        expected.partial_fit(scaled[start : start + 6])
    np.testing.assert_allclose(pca.components_, expected.components_)
    np.testing.assert_allclose(np.vstack(compute(blocks.parts)), expected.transform(scaled))


def test_nothing_to_share_leaves_the_blocks_as_they_are():
    learner, blocks = share_in_blocks(cut("passthrough", MaxAbsScaler(), share=False), BLOCKS)
    assert blocks.parts == BLOCKS.parts
    assert list(learner.shared) == ["passthrough"]


def test_a_step_that_learns_nothing_is_cloned():
    step = Normalizer()
    learner, blocks = share_in_blocks(cut(step, share=True), BLOCKS)
    assert compute(learner.shared)[0] is not step
    np.testing.assert_array_equal(np.vstack(compute(blocks.parts)), step.transform(X))


def test_each_fit_has_steps_of_its_own_rows():
    fits = [fit_of("first", [True, True, False, False]), fit_of("second", [True] * 4)]
    used = np.where(X[:, 0] == X[:, 0].max(), -1, BLOCKS.codes)
    learner = cut(MaxAbsScaler(), StandardScaler(), share=False)
    for fit, n_rows in zip(learn_own_steps(learner, BLOCKS, used, fits), (12, 20), strict=True):
        scaler, standard = compute(fit.steps)
        rows = X[:n_rows][used[:n_rows] >= 0]
        np.testing.assert_array_equal(scaler.scale_, np.abs(rows).max(axis=0))
        np.testing.assert_allclose(standard.mean_, (rows / scaler.scale_).mean(axis=0))
        transformed = standard.transform(scaler.transform(X))
        np.testing.assert_array_equal(np.vstack(compute(fit.parts)), transformed)


def test_errors_name_the_step_and_the_fit():
    fits = [fit_of("fold 1 of 2", [False, False, True, True])]
    learner = cut(IncrementalPCA(n_components=4), share=False)
    used = np.where(np.arange(20) < 15, -1, BLOCKS.codes)
    message = r"the step 'incrementalpca' in fold 1 of 2, block 3 of 4, .* 3 rows .* is 4; divide X"
    with pytest.raises(ValueError, match=message):
        learn_own_steps(learner, BLOCKS, used, fits)
    wrong = X.copy()
    wrong[7, 1] = np.nan
    blocks = read_blocks(da.from_array(wrong, chunks=(6, 4)), y, allow_missing=False)
    with pytest.raises(
        ValueError, match=r"'incrementalpca', block 2 of 4, .* contains NaN"
    ) as found:
        share_in_blocks(cut(IncrementalPCA(n_components=4), share=True), blocks)
    assert "larger blocks" not in str(found.value)
