"""A hash of all that decides what a fit gives: data, parameters, and the code of the caller."""

from __future__ import annotations

import dis
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib.hashing import NumpyHasher

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Python adds to a class by itself.
ADDED = {
    "__annotate_func__",
    "__annotations__",
    "__annotations_cache__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__static_attributes__",
    "__weakref__",
}
CONSTANTS = (bool, int, float, complex, str, bytes, type(None), np.generic)
# Where property, classmethod, partialmethod and available_if keep the function that they wrap.
WRAPPED = ("fget", "fset", "__func__", "__wrapped__", "func", "fn")
LIBRARIES = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")]


def fingerprint(*values: Any) -> str:
    """Hash values so that equal ones have equal hashes, in this process and in later ones.

    Arrays and PyTorch tensors are hashed by their contents. Functions and classes of an installed
    package are hashed by their name and the version of the package; all others by their code,
    together with the functions, classes and constants that this code names. Not looked at are
    lists, dicts and other objects that live outside of a function and can change while it runs,
    and variables that the code itself assigns, such as counters.

    Parameters
    ----------
    *values : object
        What to hash.

    Returns
    -------
    str

    Raises
    ------
    Exception
        If a value can't be pickled, and so has no contents to hash.

    Examples
    --------
    >>> fingerprint(len, [1, 2]) == fingerprint(len, [1, 2])
    True
    >>> fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 2)
    False
    """
    return str(_Hasher().hash(values))


def is_installed(module: str) -> bool:
    """Say whether a module belongs to Python or to an installed package."""
    if module in ("__main__", "__mp_main__") or module not in sys.modules:
        return False
    file = getattr(sys.modules[module], "__file__", None)
    if file is None:
        return True  # a part of Python itself
    path = Path(file).resolve()
    in_packages = {"site-packages", "dist-packages"} & set(path.parts)
    return bool(in_packages) or any(path.is_relative_to(library) for library in LIBRARIES)


class _Hasher(NumpyHasher):  # type: ignore[misc]
    """The hasher of joblib, which knows functions and classes by name, made to read their code."""

    def __init__(self) -> None:
        super().__init__(hash_name="sha1")
        self.described: dict[int, Any] = {}
        self.assigned: dict[str, set[str]] = {}

    def save(self, value: Any) -> None:
        """Hash a value."""
        if type(value) is str:  # quickly: there may be millions
            pass
        elif isinstance(value, (FunctionType, type)):
            value = self._describe(value)
        elif isinstance(value, CodeType):
            value = _describe_code(value)
        elif isinstance(value, frozenset):
            value = ("frozenset", sorted(value, key=repr))  # else in another order each time
        elif "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
            value = _describe_tensor(value)
        super().save(value)

    def _describe(self, value: FunctionType | type) -> Any:
        """Describe a function or class by its name, and if that says too little by its contents."""
        module = str(value.__module__)
        package = sys.modules.get(module.partition(".")[0])
        name = (module, value.__qualname__, str(getattr(package, "__version__", "")))
        is_known = is_installed(module) and "<" not in value.__qualname__  # no local one, no lambda
        if is_known or id(value) in self.described:
            return ("known as", *name)
        self.described[id(value)] = value
        code = self._read_class(value) if isinstance(value, type) else self._read_function(value)
        return ("defined as", value.__qualname__, code)

    def _read_function(self, function: FunctionType) -> tuple[Any, ...]:
        """Give all that decides what a function does."""
        code = function.__code__
        enclosed = [_contents(cell) for cell in function.__closure__ or ()]
        named = [] if is_installed(str(function.__module__)) else list(self._find_named(function))
        return (code, function.__defaults__, function.__kwdefaults__, enclosed, named)

    def _read_class(self, cls: type) -> tuple[Any, ...]:
        """Give the bases of a class, its own methods, and its own constants."""
        assigned = self._find_assigned(cls.__module__)
        members = {name: value for name, value in vars(cls).items() if name not in ADDED}
        kept = [
            (name, code)
            for name in sorted(members.keys() - assigned)
            for code in _find_code(members[name])
        ]
        return (cls.__bases__, kept)

    def _find_named(self, function: FunctionType) -> Iterator[tuple[str, Any]]:
        """Give the functions, classes and constants outside of a function that its code names."""
        names = {name for code in _nested_code(function.__code__) for name in code.co_names}
        outside = function.__globals__
        assigned = self._find_assigned(str(function.__module__))
        for name in sorted(names & outside.keys() - assigned):
            value = outside[name]
            if not isinstance(value, ModuleType):
                yield from ((name, code) for code in _find_code(value))
            elif not is_installed(value.__name__):
                members = vars(value)
                for member in sorted(names & members.keys()):
                    yield from ((f"{name}.{member}", code) for code in _find_code(members[member]))

    def _find_assigned(self, module: str) -> set[str]:
        """Give the variables and the attributes of classes that the code of a module assigns."""
        if module not in self.assigned:
            members = list(vars(sys.modules.get(module, ModuleType(module))).values())
            own = [each for each in members if getattr(each, "__module__", None) == module]
            methods = [each for cls in own if isinstance(cls, type) for each in vars(cls).values()]
            functions = [code for each in (*own, *methods) for code in _find_code(each)]
            self.assigned[module] = {
                name
                for function in functions
                if isinstance(function, FunctionType)
                for code in _nested_code(function.__code__)
                for name in _find_stores(code)
            }
        return self.assigned[module]


def _contents(cell: Any) -> Any:
    """Give what a variable of the enclosing function holds, if it holds something yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def _find_code(value: Any) -> Iterator[Any]:
    """Give a function, a class or a constant; or the functions inside of a property or the like."""
    if isinstance(value, (FunctionType, type)) or _is_constant(value):
        yield value
        return
    for name in WRAPPED:
        inner = getattr(value, name, None)
        if isinstance(inner, (FunctionType, type)):
            yield inner


def _is_constant(value: Any) -> bool:
    """Say whether a value can't change."""
    if isinstance(value, (tuple, frozenset)):
        return all(map(_is_constant, value))
    return isinstance(value, CONSTANTS)


def _find_stores(code: CodeType) -> Iterator[str]:
    """Give the global variables that code assigns, and the attributes of others than `self`."""
    before = ""
    for step in dis.get_instructions(code):
        # `self.name = …` reads a local variable just before; `Class.name = …` does not.
        attribute = step.opname == "STORE_ATTR" and not before.startswith("LOAD_FAST")
        if step.opname == "STORE_GLOBAL" or attribute:
            yield str(step.argval)
        before = step.opname


def _nested_code(code: CodeType) -> Iterator[CodeType]:
    """Give a code object and those of the functions inside of it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested_code(constant)


def _describe_code(code: CodeType) -> tuple[Any, ...]:
    """Give what a code object does, without the place where it stands."""
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, code.co_consts, names, counts)


def _describe_tensor(tensor: Any) -> tuple[Any, ...]:
    """Give the contents of a PyTorch tensor, whose pickle differs each time."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    contents = flat.view(sys.modules["torch"].uint8).numpy()
    return (type(tensor).__name__, str(tensor.dtype), tuple(tensor.shape), contents)
