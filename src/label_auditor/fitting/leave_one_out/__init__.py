"""Leave-one-out in closed form: each row is judged by a model of all other rows, from one fit."""

from label_auditor.fitting.leave_one_out.registry import leave_one_out

__all__ = ["leave_one_out"]
