"""cleanlab, as the tests ask it."""

import functools
import warnings
from unittest import mock

import numpy as np


def stable_cleanlab():
    """cleanlab with ties by row position: NumPy's default sort leaves them to the processor."""
    return mock.patch.object(np, "argsort", functools.partial(np.argsort, kind="stable"))


def ask(function, *args, **options):
    """Call a function of cleanlab, its ties by row position, its warnings unheard."""
    with stable_cleanlab(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)
