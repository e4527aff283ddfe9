"""Folds fitted in parallel, and one after another if the classifier itself uses several cores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from joblib.parallel import get_active_backend
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController, threadpool_limits

from label_auditor.fitting.parts import OnPart
from label_auditor.fitting.voting import has_members, is_soft_vote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    Limit = Callable[[], AbstractContextManager[Any]]

# Packages whose classifiers use all cores unless a parameter limits them.
PARALLEL_PACKAGES = {"xgboost", "lightgbm", "catboost"}


def run_folds(
    tasks: Sequence[partial[Any]], estimator: Any, X: Any, *, n_jobs: int | None, verbose: int
) -> list[Any]:
    """Run the folds of an estimator over X, and give their results in order.

    - If a :func:`joblib.parallel_config` context names a backend, that backend runs the folds.
    - Otherwise, folds over numbers run on threads, which share X. Folds over texts and other
      Python objects run in processes, because work on such objects holds the interpreter lock.
    - Folds that run on threads divide the cores that BLAS and OpenMP may use among themselves.
      For processes, joblib does the same.
    - If the classifier itself uses several cores, its folds run one after another, because folds
      that run at the same time would compete for the same cores. On a cluster they still run at
      the same time.
    """
    prefer = "threads" if _is_numeric(X) else "processes"
    backend, _ = get_active_backend(prefer=prefer)
    if n_jobs is None:
        # If threads are preferred, joblib doesn't look up the n_jobs of the context itself.
        _, n_jobs = get_active_backend()
    local = type(backend).__module__.startswith("joblib._parallel_backends")
    if local and is_parallel_inside(estimator):
        n_jobs = 1
    parallel = Parallel(n_jobs=n_jobs, prefer=prefer, verbose=verbose)
    on_threads = getattr(backend, "uses_threads", False)
    n_threads = min(backend.effective_n_jobs(n_jobs), len(tasks)) if on_threads else 1
    if n_threads == 1:
        # Each argument is passed separately, so that dask sends it to a worker only once, not with
        # every fold.
        return list(parallel(delayed(task.func)(*task.args, **task.keywords) for task in tasks))
    # BLAS has one limit for the whole process, while OpenMP has one for each thread that calls it.
    limit_blas, limit_openmp = (_share_cores(n_threads, api) for api in ("blas", "openmp"))
    with limit_blas():
        return list(parallel(delayed(_run_within)(limit_openmp, task) for task in tasks))


def limit_blas_threads(estimator: Any) -> AbstractContextManager[Any]:
    """Give a context in which a linear model has one BLAS thread.

    This includes pipelines that end in a linear model and votes that have one as a member. Linear
    models work on vectors, and there the threads of BLAS mostly wait for each other: a logistic
    regression takes twice as long with two threads as with one. The number of threads also changes
    the last bits of the result.
    """
    limit = 1 if _is_linear(estimator) else None
    return threadpool_limits(limit, user_api="blas")  # type: ignore[no-any-return]


def _is_linear(estimator: Any) -> bool:
    """Tell whether a classifier, the last step of a pipeline, or a member of a vote is linear."""
    if isinstance(estimator, Pipeline):
        return _is_linear(estimator[-1])
    if isinstance(estimator, OnPart):
        return _is_linear(estimator.estimator)
    if is_soft_vote(estimator) and has_members(estimator):
        return any(_is_linear(member) for _, member in estimator.estimators)
    return type(estimator).__module__.startswith("sklearn.linear_model")


def is_parallel_inside(estimator: Any) -> bool:
    """Tell whether a classifier, or any estimator nested in it, uses several cores by itself."""
    if not _has_params(estimator):
        return False
    nested = filter(_has_params, estimator.get_params(deep=True).values())
    return any(map(_uses_cores, (estimator, *nested)))


def _uses_cores(estimator: Any) -> bool:
    """Tell whether an estimator uses several cores, leaving aside those nested in it."""
    params = estimator.get_params(deep=False)
    n_jobs = params.get("n_jobs", params.get("thread_count"))
    by_default = (
        isinstance(estimator, HistGradientBoostingClassifier)
        or type(estimator).__module__.partition(".")[0] in PARALLEL_PACKAGES
    )
    return n_jobs != 1 if by_default else n_jobs not in (None, 1)


def _has_params(value: Any) -> bool:
    """Tell whether a value has parameters as an estimator has."""
    return hasattr(value, "get_params") and not isinstance(value, type)


def _share_cores(n_threads: int, user_api: str) -> Limit:
    """Give a context in which each thread may use its share of the cores of BLAS or OpenMP."""
    libraries = ThreadpoolController().select(user_api=user_api)
    allowed = min((library["num_threads"] for library in libraries.info()), default=1)
    return partial(libraries.limit, limits=max(1, allowed // n_threads))


def _run_within(limit: Limit, task: Callable[[], Any]) -> Any:
    """Run a task within a limit on threads."""
    with limit():
        return task()


def _is_numeric(X: Any) -> bool:
    """Tell whether X is an array, a sparse matrix or a pandas table that holds only numbers."""
    dtypes = [X.dtype] if hasattr(X, "dtype") else getattr(X, "dtypes", [None])
    return all(getattr(dtype, "kind", "O") in "biufc" for dtype in dtypes)
