"""The error that ends a command with one line and status 2."""

from __future__ import annotations


class InputError(ValueError):
    """What the user gave can't be used; the message says why, in one line."""


def needs(package: str, purpose: str) -> InputError:
    """Say that a package is absent, and how to install it, wherever label-audit comes from."""
    return InputError(f"{package} is needed to {purpose}: pip install {package}")


def explain(error: OSError) -> str:
    """Say in a few words what the system refused."""
    return error.strerror or str(error)
