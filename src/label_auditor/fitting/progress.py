"""Progress of a fit through scikit-learn's callbacks, where it has them (1.9 and newer)."""

from __future__ import annotations

from typing import Any

from label_auditor._sklearn import start_callbacks

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands for the mixin where scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Give the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "Silent", "Task", "start_task", "with_callbacks"]


class Task:
    """A context that tells callbacks when a part of a fit begins and ends."""

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
        """Give the context of a part of this task."""
        return Task(self.context.subcontext(task_name=name, **options), self.estimator)

    def folds(self, n_folds: int, *, final: bool) -> tuple[Task, list[Task]]:
        """Give the context of the cross-validation, and those of its fits, in any order."""
        names = ["fold"] * n_folds + ["fit-final-estimator"] * final
        whole = self.part("cross-fit", max_subtasks=len(names), sequential_subtasks=False)
        return whole, [whole.part(name, task_id=fit) for fit, name in enumerate(names)]


class Silent:
    """A task that nobody listens to."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def part(self, *_: Any, **__: Any) -> Silent:
        """Give itself."""
        return self

    def folds(self, n_folds: int, *, final: bool) -> tuple[Silent, list[Silent]]:
        """Give itself for the whole and for each fit."""
        return self, [self] * (n_folds + final)


def start_task(estimator: Any, n_parts: int) -> Task | Silent:
    """Give the context of a whole fit, in so many parts."""
    context = start_callbacks(estimator, n_parts)
    return Silent() if context is None else Task(context, estimator)
