"""Inherited methods under the name of the class that users know."""

from __future__ import annotations

import functools
from inspect import getattr_static
from types import FunctionType
from typing import Any, TypeVar

Class = TypeVar("Class")


def own_methods(cls: type[Class]) -> type[Class]:
    """Give a class copies of the public methods that it inherits from classes of this package.

    Python names a method in errors as it was defined: ``Outputs.to_html() missing 1 required
    argument`` says nothing to somebody who has called that of a `LabelAudit`. The copies are named
    after the class that has them.

    Parameters
    ----------
    cls : type
        The class.

    Returns
    -------
    type
        The same class.
    """
    package = __name__.split(".")[0]
    for base in cls.__mro__[1:]:
        if base.__module__.split(".")[0] != package:
            continue
        for name, member in vars(base).items():
            if name.startswith("_") or getattr_static(cls, name) is not member:
                continue
            if isinstance(member, FunctionType):
                setattr(cls, name, _renamed(member, cls))
            elif isinstance(member, classmethod):
                setattr(cls, name, classmethod(_renamed(member.__func__, cls)))
    return cls


def _renamed(function: Any, cls: type) -> FunctionType:
    """Copy a function as a method of a class."""
    code, scope, defaults = function.__code__, function.__globals__, function.__defaults__
    copy = FunctionType(code, scope, function.__name__, defaults, function.__closure__)
    functools.update_wrapper(copy, function)
    copy.__dict__.pop("__wrapped__")  # it wraps nothing but what the function itself wraps
    copy.__dict__.update(vars(function))
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = f"{cls.__qualname__}.{function.__name__}"
    return copy
