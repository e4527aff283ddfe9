"""What to review next, and how many label errors there are."""
