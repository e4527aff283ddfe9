import itertools
import subprocess
import sys

import numpy as np
import pytest

from label_auditor import Corrections, audit_labels
from label_auditor.corrections.collection import Correction

plots = pytest.importorskip("label_auditor.report.plots")
pytest.importorskip("matplotlib").use("agg")

import matplotlib.pyplot as plt  # noqa: E402 - after the backend is chosen


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def make(n_classes, n=400):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, n_classes, n)
    given = np.where(rng.random(n) < 0.2, rng.integers(0, n_classes, n), truth)
    pred_probs = rng.dirichlet(np.full(n_classes, 0.3), n) + np.eye(n_classes)[truth]
    return audit_labels(given, pred_probs / 2, classes=range(n_classes)), truth


def test_confident_joint_shows_every_count():
    audit, _ = make(4)
    display = plots.ConfidentJointDisplay.from_audit(audit, class_names=list("wxyz"))
    np.testing.assert_array_equal(display.confident_joint, audit.confident_joint)
    shown = {text.get_position()[::-1]: text.get_text() for text in display.text_}
    assert shown == {at: f"{n:,}" for at, n in np.ndenumerate(audit.confident_joint) if n}
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["w", "x", "y", "z"]
    colours = display.im_.get_array()
    assert (np.diag(colours) == 0).all()  # the diagonal would drown the rest
    np.testing.assert_array_equal(
        colours + np.diag(np.diag(audit.confident_joint)), audit.confident_joint
    )


def test_confident_joint_of_many_classes_shows_the_most_confused():
    audit, _ = make(40, n=2000)
    display = plots.ConfidentJointDisplay.from_audit(audit, max_classes=5)
    joint = np.asarray(audit.confident_joint)
    confused = joint.sum(axis=0) + joint.sum(axis=1) - 2 * np.diag(joint)
    shown = [int(name) for name in display.display_labels]
    assert shown == sorted(shown)
    assert confused[shown].min() >= np.delete(confused, shown).max()
    np.testing.assert_array_equal(display.confident_joint, joint[np.ix_(shown, shown)])


def test_score_distribution_counts_every_row():
    audit, _ = make(4)
    display = plots.ScoreDistributionDisplay.from_audit(audit, bins=10)
    flagged, other = display.bars_
    assert sum(bar.get_height() for bar in flagged) == audit.n_issues
    assert sum(bar.get_height() for bar in other) == len(audit) - audit.n_issues
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == [f"flagged ({audit.n_issues})", f"other ({400 - audit.n_issues})"]


def test_review_curve_counts_errors_in_the_order_of_the_review():
    audit, truth = make(4)
    reviewed = {int(row): int(truth[row]) for row in audit.ranked[:20]}
    reviewed[int(audit.ranked[20])] = None  # discarded: looked at, no error
    display = plots.ReviewCurveDisplay.from_audit(audit, reviewed, name="the audit's order")
    wrong = (truth != audit.labels)[audit.ranked[:20]]
    assert display.n_found.tolist() == [0, *np.cumsum(wrong), wrong.sum()]
    np.testing.assert_array_equal(display.line_.get_ydata(), display.n_found)
    other = plots.ReviewCurveDisplay(wrong[::-1], name="another").plot(ax=display.ax_)
    assert other.figure_ is display.figure_
    names = [text.get_text() for text in other.ax_.get_legend().get_texts()]
    assert names == ["the audit's order", "all wrong", "another"]


def test_sets_of_labels():
    true = np.random.default_rng(0).random((60, 3)) < 0.3
    given = true.copy()
    given[:9, 0] ^= True
    audit = audit_labels(given.astype(int), np.where(true, 0.9, 0.1), multi_label=True)
    with pytest.raises(TypeError, match="each class has a joint of its own; to plot one"):
        plots.ConfidentJointDisplay.from_audit(audit)
    joint = audit.confident_joint[0]
    plots.ConfidentJointDisplay(joint, display_labels=["no", "yes"]).plot()
    reviewed = {row: np.flatnonzero(true[row]) for row in audit.ranked}
    curve = plots.ReviewCurveDisplay.from_audit(audit, reviewed)
    assert curve.n_found[-1] == 9
    plots.ScoreDistributionDisplay.from_audit(audit)


def test_review_curve_of_corrections():
    audit, truth = make(3)
    corrections = Corrections(
        Correction(str(row), str(truth[row])) for row in audit.ranked[:10].tolist()
    )
    display = plots.ReviewCurveDisplay.from_audit(audit, corrections)
    assert display.n_found[-1] == (truth != audit.labels)[audit.ranked[:10]].sum()


def test_axes_can_be_the_callers():
    audit, truth = make(4)
    _, axes = plt.subplots(3)
    for make_display, ax in zip(
        (
            plots.ConfidentJointDisplay.from_audit,
            plots.ScoreDistributionDisplay.from_audit,
            lambda audit, ax: plots.ReviewCurveDisplay.from_audit(audit, {0: truth[0]}, ax=ax),
        ),
        axes,
        strict=True,
    ):
        assert make_display(audit, ax=ax).ax_ is ax


@pytest.mark.parametrize(("n_classes", "longest"), [(2, 3), (3, 60), (20, 45)])
def test_no_name_is_cut_and_none_hides_another(n_classes, longest):
    audit, _ = make(n_classes)
    names = [f"class_{i:02d}_".ljust(longest, "w") for i in range(n_classes)]
    display = plots.ConfidentJointDisplay.from_audit(audit, class_names=names)
    figure, ax = display.figure_, display.ax_
    figure.canvas.draw()
    beside = [ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
    low, high = figure.axes[1].get_ylim()
    shades = [t for t in figure.axes[1].get_yticklabels() if low <= t.get_position()[1] <= high]
    for text in [*beside, *shades, figure.axes[1].yaxis.label]:
        box = text.get_window_extent()
        assert figure.bbox.containsx(box.x0), text
        assert figure.bbox.containsx(box.x1), text
        assert figure.bbox.containsy(box.y0), text
        assert figure.bbox.containsy(box.y1), text
    boxes = [text.get_window_extent() for text in ax.get_yticklabels()]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert ax.get_window_extent().width > 150


@pytest.mark.parametrize("n_reviewed", [1, 3, 400])
def test_only_whole_errors_have_ticks(n_reviewed):
    audit, truth = make(4)
    reviewed = {row: int(truth[row]) for row in audit.ranked[:n_reviewed].tolist()}
    displays = (
        plots.ReviewCurveDisplay.from_audit(audit, reviewed),
        plots.ScoreDistributionDisplay.from_audit(audit),
        plots.ConfidentJointDisplay(np.eye(2) + 1, display_labels=["a", "b"]).plot(),
    )
    for display in displays:
        for ax in display.figure_.axes:
            rows = ax.get_yticks()
            assert (rows == rows.round()).all()
    across = displays[0].ax_.get_xticks()
    assert (across == across.round()).all()


def test_without_matplotlib_an_error_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from label_auditor.report.plots import ReviewCurveDisplay\n"
        "ReviewCurveDisplay([True]).plot()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: plots need matplotlib: pip install matplotlib" in done.stderr
