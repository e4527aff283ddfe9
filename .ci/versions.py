"""Write a version into the files that name it: when it is released, and afterwards.

versions.py release 0.1.0 2026-11-27   the version without .dev0, and the changelog with its date
versions.py reopen 0.1.0               the next version with .dev0, and an empty "Unreleased"
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"(\d+)\.(\d+)\.(\d+)")
UNRELEASED = "## Unreleased\n"


def release(root: Path, version: str, date: str) -> None:
    """Make the files those of a release; nothing is written if one of them doesn't fit."""
    if not NUMBER.fullmatch(version) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        sys.exit(f"{version} {date}: pass a version, as 0.1.0, and its date, as 2026-11-27.")
    _write(
        root,
        {
            "pyproject.toml": _put_version,
            "CITATION.cff": lambda text, new: (
                _put_version(text, new).rstrip("\n") + f"\ndate-released: {date}\n"
            ),
            "CHANGELOG.md": lambda text, new: _cut(text, f"## {new} ({date})\n"),
        },
        version,
    )


def reopen(root: Path, version: str) -> None:
    """Make the files those of the work on the next minor version."""
    major, minor, _ = (int(part) for part in version.split("."))
    _write(
        root,
        {
            "pyproject.toml": _put_version,
            "CITATION.cff": lambda text, new: re.sub(
                r"^date-released: .*\n", "", _put_version(text, new), flags=re.MULTILINE
            ),
            "CHANGELOG.md": lambda text, _: text.replace(
                f"## {version} (", f"{UNRELEASED}\n## {version} (", 1
            ),
        },
        f"{major}.{minor + 1}.0.dev0",
    )


def _write(root: Path, changes: dict, version: str) -> None:
    """Change all files, or none."""
    texts = {name: (root / name).read_text("utf-8") for name in changes}
    new = {name: change(texts[name], version) for name, change in changes.items()}
    for name, text in new.items():
        (root / name).write_text(text, "utf-8")


def _put_version(text: str, version: str) -> str:
    """Put a version into its only line: of TOML, or of YAML."""
    line = re.compile(r'^(version(?: = "|: ))[0-9][^"\n]*', re.MULTILINE)
    text, n = line.subn(rf"\g<1>{version}", text)
    if n != 1:
        sys.exit(f"There are {n} lines with a version, where there should be one.")
    return text


def _cut(changelog: str, heading: str) -> str:
    """Give what is unreleased the heading of a release."""
    if changelog.count(UNRELEASED) != 1 or heading.split(" (", maxsplit=1)[0] in changelog:
        sys.exit("CHANGELOG.md needs one heading `## Unreleased`, and none of this version.")
    section = changelog.split(UNRELEASED)[1].split("\n## ")[0]
    if not section.strip():
        sys.exit("CHANGELOG.md says of nothing that it is unreleased; write what has changed.")
    return changelog.replace(UNRELEASED, heading)


if __name__ == "__main__":
    {"release": release, "reopen": reopen}[sys.argv[1]](ROOT, *sys.argv[2:])
