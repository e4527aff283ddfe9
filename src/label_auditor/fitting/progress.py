"""The progress of a fit, reported to scikit-learn's callbacks, which version 1.9 introduced."""

from __future__ import annotations

from typing import Any

from label_auditor._sklearn import start_callbacks

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """An empty mixin for versions of scikit-learn that have no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method unchanged, as there are no callbacks."""
        return method


__all__ = ["CallbackSupportMixin", "Silent", "Task", "start_task", "with_callbacks"]


class Task:
    """A context that reports the beginning and the end of a part of a fit to callbacks."""

    def __init__(self, context: Any, estimator: Any) -> None:
        self.context = context
        self.estimator = estimator

    def __enter__(self) -> Task:
        self.context.call_on_fit_task_begin(estimator=self.estimator)
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if kind is None:
            self.context.call_on_fit_task_end(estimator=self.estimator)

    def part(self, name: str, **options: Any) -> Task:
        """Give a context for a part of this task."""
        return Task(self.context.subcontext(task_name=name, **options), self.estimator)

    def folds(self, n_folds: int, *, final: bool) -> tuple[Task, list[Task]]:
        """Give a context for the cross-validation and one for each fit; their order is free."""
        names = ["fold"] * n_folds + ["fit-final-estimator"] * final
        whole = self.part("cross-fit", max_subtasks=len(names), sequential_subtasks=False)
        return whole, [whole.part(name, task_id=fit) for fit, name in enumerate(names)]


class Silent:
    """The context that is used if there are no callbacks; it reports nothing."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def part(self, *_: Any, **__: Any) -> Silent:
        """Give itself."""
        return self

    def folds(self, n_folds: int, *, final: bool) -> tuple[Silent, list[Silent]]:
        """Give itself, for the whole cross-validation and for each fit."""
        return self, [self] * (n_folds + final)


def start_task(estimator: Any, n_parts: int) -> Task | Silent:
    """Give the context of a whole fit, which has `n_parts` parts."""
    context = start_callbacks(estimator, n_parts)
    return Silent() if context is None else Task(context, estimator)
