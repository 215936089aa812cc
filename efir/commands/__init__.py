"""One file a command; `efir.cli` names them in its table."""
