import subprocess
import sys
import threading
from functools import partial

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import FunctionTransformer

from label_auditor.fitting.fingerprint import fingerprint, is_installed

MINE = """
import re
import helper

WORDS = ("a", "b")
LOG = []
N_CALLS = 0

def inner(text):
    return text + "1"

def tokenize(text):
    global N_CALLS
    N_CALLS += 1
    LOG.append(text)
    if text in {"p", "q", "r", "s"}:
        return []
    return [inner(text), helper.shout(text), *WORDS, *re.findall("a", text)]

class Base:
    scale = 3

    def method(self):
        return self.scale

class Mine(Base):
    n_fits = 0

    def __init__(self, alpha=1):
        self.alpha = alpha

    def fit(self):
        Mine.n_fits += 1
        return sorted([1, 2], key=lambda x: -x)

    @property
    def size(self):
        return 5

    @classmethod
    def make(cls):
        return cls(6)

    @staticmethod
    def help():
        return 7
"""
HELPER = """
LOUD = 2

def shout(text):
    return text.upper() * LOUD
"""
PRINT = """
import importlib
import sys

sys.dont_write_bytecode = True
from sklearn.feature_extraction.text import CountVectorizer
from label_auditor.fitting.fingerprint import fingerprint

for folder in sys.argv[1:]:
    sys.path[0] = folder
    for name in ("mine", "helper"):
        sys.modules.pop(name, None)
    import mine

    vectorizer, estimator = CountVectorizer(tokenizer=mine.tokenize), mine.Mine()
    for _ in range(3):
        mine.tokenize("text")
        estimator.fit()
    print(fingerprint(vectorizer), fingerprint(estimator))
"""
UNCHANGED, COMMENTED = ("", ""), ("N_CALLS = 0", "N_CALLS = 0  # none yet")
OF_FUNCTIONS = [
    ('+ "1"', '+ "2"'),
    ('("a", "b")', '("a", "c")'),
    ('"r", "s"}', '"r", "t"}'),
    ("upper", "lower"),
    ("LOUD = 2", "LOUD = 3"),
]
OF_CLASSES = [
    ("scale = 3", "scale = 4"),
    ("return self.scale", "return -self.scale"),
    ("-x", "x"),
    ("return 5", "return 50"),
    ("cls(6)", "cls(60)"),
    ("return 7", "return 70"),
]


def hash_mine(folder, *changes):
    """Hash a vectoriser and an estimator of modules with each of these changes, in a process."""
    for number, change in enumerate(changes):
        (folder / str(number)).mkdir()
        for name, code in (("mine", MINE), ("helper", HELPER)):
            (folder / str(number) / f"{name}.py").write_text(code.replace(*change, 1))
    run = [sys.executable, "-c", PRINT, *(str(folder / str(n)) for n in range(len(changes)))]
    found = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=True)
    lines = map(str.split, found.stdout.splitlines())
    return dict(zip(changes, lines, strict=True))


@pytest.fixture(scope="module")
def hashes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine")
    return hash_mine(folder, UNCHANGED, COMMENTED, *OF_FUNCTIONS, *OF_CLASSES)


def test_is_the_same_in_another_process_whatever_the_code_counted(tmp_path, hashes):
    assert hash_mine(tmp_path, COMMENTED)[COMMENTED] == hashes[COMMENTED] == hashes[UNCHANGED]


@pytest.mark.parametrize("change", OF_FUNCTIONS, ids=str)
def test_changes_with_the_code_of_a_function_and_of_what_it_calls(hashes, change):
    assert hashes[change][0] != hashes[UNCHANGED][0]
    assert hashes[change][1] == hashes[UNCHANGED][1]


@pytest.mark.parametrize("change", OF_CLASSES, ids=str)
def test_changes_with_the_code_of_a_class_and_of_its_bases(hashes, change):
    assert hashes[change][0] == hashes[UNCHANGED][0]
    assert hashes[change][1] != hashes[UNCHANGED][1]


def test_functions_without_a_name_go_by_their_code():
    def scale(factor):
        return lambda X: X * factor

    assert fingerprint(scale(2)) == fingerprint(scale(2))
    assert fingerprint(scale(2)) != fingerprint(scale(3))
    assert fingerprint(lambda X: X + 1) != fingerprint(lambda X: X + 2)
    transformer = FunctionTransformer(lambda X: X)
    assert fingerprint(transformer) != fingerprint(FunctionTransformer(lambda X: -X))
    assert fingerprint(partial(scale, 2)) != fingerprint(partial(scale, 3))


def test_a_function_may_call_itself():
    def count(n):
        return 0 if n == 0 else 1 + count(n - 1)

    assert fingerprint(count) == fingerprint(count)


def test_equal_values_have_equal_hashes():
    values = [np.arange(3), {"b": 1, "a": 2}, frozenset("abc"), GaussianNB(), CountVectorizer, len]
    same = [np.arange(3), {"a": 2, "b": 1}, frozenset("cba"), GaussianNB(), CountVectorizer, len]
    assert fingerprint(*values) == fingerprint(*same)
    for position, other in enumerate(
        [np.arange(4), {"a": 1}, frozenset("ab"), GaussianNB(priors=[1]), GaussianNB, max]
    ):
        changed = [*values[:position], other, *values[position + 1 :]]
        assert fingerprint(*changed) != fingerprint(*values)


def test_tensors_go_by_their_contents():
    torch = pytest.importorskip("torch")
    for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.bool):
        tensor = torch.arange(6).reshape(2, 3).to(dtype)
        assert fingerprint(tensor) == fingerprint(tensor.clone())
        assert fingerprint(tensor) != fingerprint(tensor.reshape(3, 2))
        assert fingerprint(tensor) != fingerprint(tensor.flip(0))
    tensor = torch.arange(6.0)
    assert fingerprint(tensor) != fingerprint(tensor.to(torch.float16))
    assert fingerprint(torch.nn.Parameter(tensor)) == fingerprint(torch.nn.Parameter(tensor))


def test_what_cant_be_pickled_raises():
    with pytest.raises(TypeError, match="pickle"):
        fingerprint(threading.Lock())


def test_packages_are_told_from_the_callers_code():
    assert is_installed("sklearn.base")
    assert is_installed("json")
    assert is_installed("sys")
    assert not is_installed(__name__)
    assert not is_installed("__main__")
