"""Network I/O, one file per protocol: a target goes in, an observation comes out."""
