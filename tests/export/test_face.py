"""What the rooms of exports and corrections show, and that no module hides it."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

ROOMS = [
    "label_auditor.export",
    "label_auditor.export.rubrix",
    "label_auditor.export.argilla",
    "label_auditor.corrections",
]


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_public_is_there_and_no_module_has_its_name(room):
    face = import_module(room)
    modules = {each.name for each in pkgutil.iter_modules(face.__path__)}
    assert not modules & set(face.__all__)
    for name in modules:
        import_module(f"{room}.{name}")
    for name in face.__all__:
        assert getattr(face, name).__name__ == name
    assert set(face.__all__) <= set(dir(face))


def test_what_is_not_there_is_said():
    import label_auditor.export

    with pytest.raises(AttributeError, match=r"module 'label_auditor\.export' has no attribute 'x"):
        label_auditor.export.x  # noqa: B018


def test_records_need_no_package_for_servers():
    code = "from label_auditor.export import make_records; import sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert not {"urllib3", "tqdm", "datasets", "pandas", "sklearn"} & set(shown.decode().split())


def test_the_name_that_was_documented_first():
    from label_auditor import applying, corrections

    assert applying.CorrectionReport is corrections.CorrectionReport
