"""Throttling sessions: paired flows, one after the other, until the decision says enough.

`plan` what may be spent -> `arms` who is compared with whom, and where (`addresses`, `lookup`) -> `pairs` one flow, one
pair -> `family` one host family from its first control to its last pair -> `runner` several of them in turn.
Nothing is decided here: that is `measurements.throttle`, asked after each pair.
"""
