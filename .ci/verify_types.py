"""Fail when pyright knows the types of less than this percentage of what is public.

Public is what packages list in `__all__`, and the modules that are faces of documented paths. A
class counts with its methods and attributes, and with those that it inherits.
"""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PACKAGE = "label_auditor"
FACES = (f"{PACKAGE}.plots", f"{PACKAGE}.scores")


def faces() -> Iterator[ModuleType]:
    """Give the modules that say what is public."""
    package = import_module(PACKAGE)
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        if found.ispkg or found.name in FACES:
            yield import_module(found.name)


def public_names() -> set[str]:
    """Give each public object's name, where it is listed and where it is defined."""
    names = set()
    for face in faces():
        for name in getattr(face, "__all__", ()):
            public = getattr(face, name)
            names.add(f"{face.__name__}.{name}")
            for each in getattr(public, "__mro__", (public,)):
                home = getattr(each, "__module__", None) or ""
                if home.split(".")[0] == PACKAGE:
                    names.add(f"{home}.{getattr(each, '__qualname__', name)}")
    return names


def symbols() -> list[dict]:
    """Ask pyright what it knows of the package."""
    here = Path(sys.executable).parent
    answer = subprocess.run(
        [here / "pyright", "--verifytypes", PACKAGE, "--ignoreexternal", "--outputjson"],
        # It looks for the package in the first Python of the path.
        env={**os.environ, "PATH": os.pathsep.join([str(here), os.environ["PATH"]])},
        stdout=subprocess.PIPE,
        check=False,  # it fails below 100 %
    )
    return json.loads(answer.stdout)["typeCompleteness"]["symbols"]


def is_public(name: str, public: set[str]) -> bool:
    """Tell whether a name, or the class that it belongs to, is public, and it isn't private."""
    parts = name.split(".")
    prefixes = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return not public.isdisjoint(prefixes)


def main(threshold: float) -> None:
    """Print the percentage, and below the threshold what is unknown."""
    public = public_names()
    found = [each for each in symbols() if is_public(each["name"], public)]
    unknown = [each for each in found if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
    if not found:
        sys.exit(f"pyright does not find {PACKAGE}.")
    known = 100 * (1 - len(unknown) / len(found))
    print(f"The types of {known:.1f} % of {len(found)} public symbols are known.")
    for each in unknown:
        problems = [problem["message"].splitlines()[0] for problem in each["diagnostics"]]
        print(f"  {each['name']}: {'; '.join(problems)}")
    if known < threshold:
        sys.exit(f"At least {threshold:g} % are needed.")


if __name__ == "__main__":
    main(float(sys.argv[1]))
