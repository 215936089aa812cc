"""Throttling: from paired flows to a verdict, by rules that are data. No I/O, standard library only.

`flow` what one download showed -> `usable` does it count -> `pair` one number a pair -> `wilcoxon`, `hodges_lehmann`
the exact statistics -> `rules` what is concluded from an arm -> `decision` arms to host families to the platform.
`sentinel` starts sessions, `signature` (from `features`, `rates`) describes how the slowing works. docs/throttling.md
explains all of it.
"""
