"""The rooms: each module has its tests beside it, and hides nothing that its folder exports."""

from importlib import import_module
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "label_auditor"
MODULES = sorted(
    path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if path.name != "__init__.py"
)
FOLDERS = sorted(path.parent.relative_to(SOURCE) for path in SOURCE.rglob("__init__.py"))
# Their tests have another name, for a reason.
ELSEWHERE = {
    "plots.py": "report/test_plots.py",  # a second name of report/plots.py
    "scores.py": "confident_learning/test_scores.py",  # a second name as well
    "_sklearn.py": "test_sklearn_private.py",  # what is tested is that it stands alone
}
# These are tested through other modules so far. The list may only become shorter.
WITHOUT = {
    "applying.py",
}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_tests(module):
    mirror = ELSEWHERE.get(module.as_posix(), module.with_name(f"test_{module.name}").as_posix())
    if module.as_posix() in WITHOUT:
        assert not (TESTS / mirror).is_file(), f"take {module} out of the list of those without"
    else:
        assert (TESTS / mirror).is_file(), f"write tests/{mirror}"


def test_those_without_tests_are_modules():
    assert {module.as_posix() for module in MODULES} >= WITHOUT | set(ELSEWHERE)


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_no_module_has_the_name_of_something_that_its_folder_exports(folder):
    # Importing the module would set the folder's attribute of that name to the module.
    face = import_module(".".join(["label_auditor", *folder.parts]))
    inside = (SOURCE / folder).iterdir()
    modules = {path.stem for path in inside if path.suffix == ".py" or path.is_dir()}
    assert not modules & set(getattr(face, "__all__", ()))
