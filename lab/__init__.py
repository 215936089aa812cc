"""An emulated Internet with a censor in it, described as data."""
