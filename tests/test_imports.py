import subprocess
import sys

import pytest

import label_auditor


def test_all_public_names_are_found_and_no_others():
    for name in label_auditor.__all__:
        assert getattr(label_auditor, name).__name__ == name
    assert set(label_auditor.__all__) <= set(dir(label_auditor))
    with pytest.raises(AttributeError, match="module 'label_auditor' has no attribute 'nothing'"):
        label_auditor.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import label_auditor", {"numpy", "scipy", "pandas", "sklearn", "cleanlab"}),
        (
            "from label_auditor import audit_labels",
            {"pandas", "sklearn", "cleanlab", "scipy.stats", "urllib3", "tqdm"},
        ),
        ("from label_auditor import LabelAuditor", {"cleanlab", "urllib3", "tqdm"}),
    ],
)
def test_what_takes_long_to_import_is_imported_on_use(statement, absent):
    code = f"{statement}; import sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert not absent & set(shown.decode().split())
