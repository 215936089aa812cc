"""Why a session could not decide (or what its decision leaves open), in words for people."""

from typing import Final

REASONS: Final[dict[str, str]] = {
    "slow_line": "the control itself ran below 1 Mbit/s: on so slow a line a cap cannot be seen",
    "network_changed": "the network or the tariff changed during the session",
    "intercepted": "a certificate was forged: what is intercepted is not judged for speed",
    "blocked": "flows were reset, refused or met with silence: that is blocking, not slowness",
    "unavailable": "the servers did not give both names the same object, so there is nothing to compare",
    "unreachable": "the control's server did not answer once",
    "sick_control": "the control itself failed too often",
    "void": "too many pairs were void: both flows stalled, or the device was suspended",
    "few_pairs": "too few pairs for a test",
    "noise": "controls differ from each other about as much as the target does from them",
    "no_baseline": "the foreign control has no comparable earlier evenings to be judged by",
    "line_differs": "the line loses packets as it did not in the baseline: servers react to that differently",
    "residual": "controls became slower after the first target flow: the address may be marked",
    "mild": "the target is slower than its control, but by less than half: a cap near the line's own speed looks so",
    "straddles": "the ratio's interval leaves both answers open",
    "changed_midway": "the speed changed in the middle of the session, and too few pairs lie before the change",
    "slow_addresses": "the platform's servers are slow under a neutral name too, and the line is not: slow servers, a "
    "crowded peering and slowed addresses look the same from one line",
    "burst": "the long flow slowed down after more bytes than the pairs downloaded",
    "no_long_pair": "no long flow was completed: a slowing after the first bytes is not excluded",
    "only_foreign": "slow only against a foreign control: a slow server or peering looks the same from one line",
    "only_helper": "only our own server was compared, and a box may look at the platform's addresses too",
    "tariff": "the target still ran above 1.25 Mbit/s and the plan may have a class for it",
    "no_arm": "no control arm was on offer",
    "no_sign": "the first pairs showed no slowing, so no more were run",
}

# Why no session was held.
NOT_HELD: Final[dict[str, str]] = {
    "offline": "no control answered: this line is offline",
    "captive_portal": "a login page answers for everything here",
    "international_cut": "only domestic sites answer: the way abroad is cut",
    "interrupted": "it was stopped before it was decided; within the hour the next session goes on from here",
}

# Notes stand beside any verdict.
NOTES: Final[dict[str, str]] = {
    "taken_up": "pairs of a session that was broken off within the hour were taken up again",
    "earlier_other_network": "pairs of a session that was broken off were not taken up: they are from another network",
    "earlier_other_tariff": "pairs of a session that was broken off were not taken up: the tariff is another one now",
    "helper_unavailable": "our own server could not be reached, or is not the one of the invite",
    "object_not_found": "the platform's own object was not found: only our own server was compared",
    "left_alone": "a server answered 403 or 429: it is left alone for a day",
    "tariff_not_excluded": "the plan treats some services apart, or is not known",
    "noise_not_known": "fewer than eight control-control pairs so far: the line's own noise is not yet known",
    "cut_at_60_minutes": "pairs later than 60 minutes after the start were left out",
    "cut_at_change": "pairs after a change of speed in mid-session were left out",
    "certificate_not_seen": "no handshake with the target finished, so its certificate was never seen",
    "residual": "controls became slower after the first target flow: the address stays marked for a while",
    "addresses_too": "the same name on our own server is not slowed: name and address are looked at together",
    "quic_slowed": "over QUIC the platform is slowed, which browsers prefer where it works",
    "control_elsewhere_fine": "other controls on the same line were fast",
    "slow_abroad": "a site inside the country was fast at the same time: slow is the way abroad, whatever the name",
    "slow_if_readable": "the same bytes with every bit turned over were fast: what is slow is what can be read as TLS",
}
