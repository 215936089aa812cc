"""The operator's side: takes batches from many vantages and stores each result exactly once.

Reads records and batch formats of `measurements`, nothing else of ours.
"""
