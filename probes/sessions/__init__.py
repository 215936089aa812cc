"""Throttling sessions: paired flows, one after the other, until the decision says enough.

`plan` what may be spent -> `arms` who is compared with whom, and where (`addresses`, `lookup`) -> `pairs` one flow, one
pair -> `offers` the arms there are and their first controls -> `family` one host family's pairs, then `sharing` flows
side by side -> `runner` several families in turn.
Nothing is decided here: that is `measurements.throttle`, asked after each pair.
"""
