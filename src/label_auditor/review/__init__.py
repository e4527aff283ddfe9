"""What to review next, and what the reviews say about the number of label errors."""
