import ast
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import label_auditor

SOURCES = Path(label_auditor.__file__).parent
ALLOWED = SOURCES / "_sklearn.py"
USED = {"_count_vocab", "_limit_features", "_sort_features", "_tfidf"}

try:
    from sklearn.callback import CallbackSupportMixin, ProgressBar
except ImportError:
    LISTENING = []  # scikit-learn has callbacks since 1.9
else:
    LISTENING = [CallbackSupportMixin().set_callbacks(ProgressBar())]
    USED |= {"_init_callback_context", "_skl_callbacks"}


def is_private(name):
    """Names that end in an underscore too are protocols: `__init__`, `_repr_html_`."""
    return name.startswith("_") and not name.endswith("_")


ESTIMATORS = [TfidfVectorizer().fit(["film"]), LogisticRegression(), *LISTENING]
HIDDEN = {
    name
    for estimator in [*ESTIMATORS, make_pipeline(*ESTIMATORS[:2])]
    for name in dir(estimator)
    if is_private(name)
}


def find_private(source):
    """Private names of scikit-learn that Python code imports, reads, sets, overrides or spells."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                paths = [f"{module}.{each.name}" for each in names]
            case ast.Import(names=names):
                paths = [each.name for each in names]
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.Constant(value=name):
                found |= {name} & HIDDEN if isinstance(name, str) else set()
                continue
            case _:
                continue
        for package, *parts in (path.split(".") for path in paths):
            found |= {part for part in parts if package == "sklearn" and is_private(part)}
    return found


@pytest.mark.parametrize(
    "source",
    sorted(SOURCES.rglob("*.py")),
    ids=lambda path: path.relative_to(SOURCES).as_posix(),
)
def test_only_one_module_uses_what_is_private_in_scikit_learn(source):
    found = find_private(source.read_text(encoding="utf-8"))
    if source == ALLOWED:
        assert found > USED
    else:
        assert found == set()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from sklearn.utils import _safe_indexing", "_safe_indexing"),
        ("from sklearn.utils._param_validation import StrOptions", "_param_validation"),
        ("import sklearn.utils._tags", "_tags"),
        ("fitted._tfidf = other", "_tfidf"),
        ("getattr(fitted, '_tfidf')", "_tfidf"),
        ("class Own(CountVectorizer):\n    def _count_vocab(self): ...", "_count_vocab"),
    ],
)
def test_every_way_to_use_it_is_seen(code, name):
    assert find_private(code) == {name}


def test_what_is_public_or_of_others_is_no_use_of_it():
    code = "from sklearn.utils import Tags\nfrom joblib import _utils\nself._own = Tags.__name__"
    assert find_private(code) == set()
