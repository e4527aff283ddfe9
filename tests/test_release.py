"""The files that name the version, before and after a release; `.ci/run release` makes one."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXTS = {
    "pyproject.toml": '[project]\nversion = "0.3.0.dev0"\nx = "version = 1"\n',
    "CITATION.cff": "cff-version: 1.2.0\nversion: 0.3.0.dev0\nkeywords:\n  - labels\n",
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.2.0 (2026-11-01)\n\n- Old.\n",
}


@pytest.fixture
def versions():
    spec = importlib.util.spec_from_file_location("versions", ROOT / ".ci" / "versions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path):
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def texts(folder):
    return {name: (folder / name).read_text() for name in TEXTS}


def test_a_release_is_cut_and_the_next_version_opened(versions, copy):
    versions.release(copy, "0.3.0", "2026-12-01")
    heading = "## 0.3.0 (2026-12-01)\n"
    assert texts(copy) == {
        "pyproject.toml": TEXTS["pyproject.toml"].replace("0.3.0.dev0", "0.3.0"),
        "CITATION.cff": TEXTS["CITATION.cff"].replace("0.3.0.dev0", "0.3.0")
        + "date-released: 2026-12-01\n",
        "CHANGELOG.md": TEXTS["CHANGELOG.md"].replace("## Unreleased\n", heading),
    }
    versions.reopen(copy, "0.3.0")
    assert texts(copy) == {
        "pyproject.toml": TEXTS["pyproject.toml"].replace("0.3.0.dev0", "0.4.0.dev0"),
        "CITATION.cff": TEXTS["CITATION.cff"].replace("0.3.0.dev0", "0.4.0.dev0"),
        "CHANGELOG.md": TEXTS["CHANGELOG.md"].replace(
            "## Unreleased\n", f"## Unreleased\n\n{heading}"
        ),
    }


@pytest.mark.parametrize(
    ("words", "changelog", "message"),
    [
        (("0.3", "2026-12-01"), None, r"pass a version, as 0\.1\.0"),
        (("0.3.0", "today"), None, "and its date, as 2026-11-27"),
        (("0.3.0", "2026-12-01"), "# Changelog\n\n## 0.2.0 (2026-11-01)\n", "one heading"),
        (("0.3.0", "2026-12-01"), "## Unreleased\n\n## 0.2.0 (2026-11-01)\n\n- x\n", "of nothing"),
        (("0.2.0", "2026-12-01"), None, "none of this version"),
    ],
)
def test_what_cannot_be_released_changes_nothing(versions, copy, words, changelog, message):
    if changelog is not None:
        (copy / "CHANGELOG.md").write_text(changelog)
    before = texts(copy)
    with pytest.raises(SystemExit, match=message):
        versions.release(copy, *words)
    assert texts(copy) == before


def test_the_files_of_the_project_name_one_version():
    found = [
        re.findall(r'^version(?: = "|: )([0-9][^"\n]*)', (ROOT / name).read_text("utf-8"), re.M)
        for name in ("pyproject.toml", "CITATION.cff")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 1
