"""Fits of data that are not in memory, but blocks of rows that dask reads, here or on a cluster.

What is sent to the blocks, and back from them, is small: models, counts, labels as codes.
"""
