"""Bytes in, facts out: parsers and builders of what goes over the wire. No sockets, no clocks; no input raises."""
