"""The faces of the folders: what each lists is there, and no module hides it."""

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import label_auditor

PACKAGES = [
    "label_auditor",
    *(
        found.name
        for found in pkgutil.walk_packages(label_auditor.__path__, "label_auditor.")
        if found.ispkg
    ),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_what_a_face_lists_is_there(name):
    face = import_module(name)
    listed = getattr(face, "__all__", [])
    assert len(listed) == len(set(listed))
    for each in listed:
        assert getattr(face, each) is not None
    assert set(listed) <= set(dir(face))


@pytest.mark.parametrize("name", PACKAGES)
def test_no_module_has_the_name_of_what_its_folder_exports(name):
    face = import_module(name)
    modules = {found.name for found in pkgutil.iter_modules(face.__path__)}
    assert (
        modules & set(getattr(face, "__all__", ())) == set()
    )  # importing it would hide the object


@pytest.mark.parametrize("short", ["plots", "scores"])
def test_short_names_are_faces(short):
    face = import_module(f"label_auditor.{short}")
    for name in face.__all__:
        home = getattr(getattr(face, name), "__module__", "")
        assert home != face.__name__


def test_importing_the_report_needs_nothing_to_draw_or_send_with():
    code = "import label_auditor.report, sys; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    loaded = set(shown.decode().split())
    assert not {"matplotlib", "pandas", "sklearn", "scipy.stats", "urllib3"} & loaded
