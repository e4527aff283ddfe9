"""Leave-one-out in closed form: each row is judged by a model of all other rows, from one fit.

Nothing here is public. `LabelAuditor` does it with ``cv="loo"``.
"""

__all__: list[str] = []
