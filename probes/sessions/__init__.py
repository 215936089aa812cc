"""Throttling sessions: paired flows, one after the other, until the decision says enough.

`plan` what may be spent, `purse` what is left of it -> `arms` who is compared with whom, and where (`addresses`,
`lookup`) -> `pairs` one flow, one pair -> `offers` the arms there are and their first controls -> `family` one host
family's pairs (`state` what they have shown), then flows beside them (`sharing`, `extra`) and further series (`series`)
-> `runner` several families in turn. Nothing is decided here: that is `measurements.throttle`, asked after each pair.
"""
