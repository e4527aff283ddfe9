"""What the other rooms share: findings, labels and their names, decisions, files, messages."""
