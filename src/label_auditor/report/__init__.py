"""What an audit looks like: the review page, a summary in notebooks, plots."""
