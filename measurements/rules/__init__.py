"""Verdicts from observations: facts first, then ordered rules that are data (DESIGN section 6).

`line` is the line fit to judge by? (`controls` what vouches for it, `watch` when) -> `facts` what an endpoint's
observations amount to (`addresses`, `pages`, `cleartext`; `quic` apart) -> `table` the rules -> `judgement` what they
say of it -> `roll_up` what that says of its platform -> `judge` the lines of a round.
"""
