"""A fast simulation of the flow layer: many throttling sessions, the same decision code.

`scenarios` what is simulated, in the terms of `scenario` -> `engine` byte series of many flows at once -> `sessions`
flows to evidence -> `score` what the decision made of it; `peers` are other tools' rules on the same flows. It models
rates, not packets: the emulated path (lab/) confirms it end to end.
"""
