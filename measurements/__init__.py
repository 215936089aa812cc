"""Records, failure words, targets, verdict rules and the store. No network I/O."""
