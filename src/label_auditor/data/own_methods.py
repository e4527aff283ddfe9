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
    for name in dir(cls):
        member = getattr_static(cls, name)
        function = getattr(member, "__func__", member)  # of a class method, what it wraps
        inherited = isinstance(function, FunctionType) and name not in vars(cls)
        if inherited and not name.startswith("_") and function.__module__.startswith(package):
            copy = _renamed(function, f"{cls.__qualname__}.{function.__name__}")
            setattr(cls, name, copy if member is function else classmethod(copy))
    return cls


def _renamed(function: Any, name: str) -> FunctionType:
    """Copy a function under another name."""
    code, scope, defaults = function.__code__, function.__globals__, function.__defaults__
    copy = FunctionType(code, scope, function.__name__, defaults, function.__closure__)
    functools.update_wrapper(copy, function)
    copy.__dict__ = dict(vars(function))  # it wraps nothing but what the function itself wraps
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, name
    return copy
