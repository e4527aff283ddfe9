"""Fail when a hook of pre-commit runs another version than the lint step does."""

import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[1]
project = (root / "pyproject.toml").read_text("utf-8")
hooks = (root / ".pre-commit-config.yaml").read_text("utf-8")
used = re.findall(r"additional_dependencies: \[(.*)\]", hooks)
if not used or len(used) != hooks.count("- id:"):
    sys.exit("Each hook of .pre-commit-config.yaml needs one pinned version.")
if wrong := [pin for pin in used if f'"{pin}"' not in project]:
    sys.exit(f"{wrong} in .pre-commit-config.yaml are not the versions of pyproject.toml.")
