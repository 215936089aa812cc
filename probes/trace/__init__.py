"""Where on the way is a flow forged, dropped or reset? Packets whose TTL ends early, one hop further each time.

The method is CenTrace's (CoNEXT 2022), without root: an ordinary socket sets IP_TTL, and the kernel's error queue
(IP_RECVERR, ip(7)) tells which hop the packet ended at. A packet that a hop behind never saw cannot be answered from
there; so the first TTL at which a name is answered, reset or swallowed, while a neutral name on the same way is not,
is the distance of the box that does it.
"""
