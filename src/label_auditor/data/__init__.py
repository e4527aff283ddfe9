"""What the other rooms share: findings, labels and their names, decisions, files, messages.

Nothing here is public.
"""

__all__: list[str] = []
