"""The hints; tests/test_guesses.py tries what newcomers try."""

from label_auditor.audit.hints import OF_AUDITORS, OF_AUDITS, OF_FRAMES


def test_what_frames_have_is_hinted_at_on_both():
    assert OF_FRAMES.keys() <= OF_AUDITS.keys() & OF_AUDITORS.keys()
    assert OF_AUDITS["to_csv"].startswith("to_frame(inputs).to_csv")


def test_an_auditor_speaks_of_attributes_as_scikit_learn_names_them():
    assert OF_AUDITS["label_quality"] == "scores"
    assert OF_AUDITORS["label_quality"] == "label_scores_"
