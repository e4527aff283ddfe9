"""The files that name the version, before and after a release; `.ci/run release` makes one."""

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = ("pyproject.toml", "CITATION.cff", "CHANGELOG.md")


@pytest.fixture
def versions():
    spec = importlib.util.spec_from_file_location("versions", ROOT / ".ci" / "versions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def texts(folder):
    return {name: (folder / name).read_text("utf-8") for name in FILES}


def test_a_release_is_cut_and_the_next_version_opened(versions, copy):
    before = texts(copy)
    versions.release(copy, "0.1.0", "2026-12-01")
    released = texts(copy)
    assert '\nversion = "0.1.0"\n' in released["pyproject.toml"]
    assert "\nversion: 0.1.0\n" in released["CITATION.cff"]
    assert released["CITATION.cff"].endswith("\ndate-released: 2026-12-01\n")
    assert "## Unreleased" not in released["CHANGELOG.md"]
    heading = "## 0.1.0 (2026-12-01)\n"
    assert released["CHANGELOG.md"] == before["CHANGELOG.md"].replace("## Unreleased\n", heading)
    versions.reopen(copy, "0.1.0")
    opened = texts(copy)
    assert '\nversion = "0.2.0.dev0"\n' in opened["pyproject.toml"]
    assert opened["CITATION.cff"] == before["CITATION.cff"].replace("0.1.0.dev0", "0.2.0.dev0")
    assert f"## Unreleased\n\n{heading}" in opened["CHANGELOG.md"]


@pytest.mark.parametrize(
    ("words", "changelog", "message"),
    [
        (("0.1", "2026-12-01"), None, "pass a version, as 0.1.0"),
        (("0.1.0", "today"), None, "and its date, as 2026-11-27"),
        (("0.1.0", "2026-12-01"), "# Changelog\n\n## 0.1.0 (2026-11-01)\n", "one heading"),
        (("0.1.0", "2026-12-01"), "## Unreleased\n\n## 0.0.9 (2026-11-01)\n\n- x\n", "of nothing"),
        (("0.1.0", "2026-12-01"), "## Unreleased\n- x\n\n## 0.1.0 (2026-11-01)\n", "none of this"),
    ],
)
def test_what_cannot_be_released_changes_nothing(versions, copy, words, changelog, message):
    if changelog is not None:
        (copy / "CHANGELOG.md").write_text(changelog)
    before = texts(copy)
    with pytest.raises(SystemExit, match=message):
        versions.release(copy, *words)
    assert texts(copy) == before
