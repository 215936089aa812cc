"""The constants of the method, each with its reason. Changing one means running `make calibrate` again."""

from typing import Final

# One vote per vantage and bin. Sentinels come every 15 minutes at most; the correlation time of goodput is hours.
BIN_SECONDS: Final = 1800

# Around a window: in neither group when the effect is estimated. Throttling was reported to overrun by an hour or two.
WASHOUT_SECONDS: Final = 7200

# Winsorising of d, in robust standard deviations: heavy tails must not carry the mean.
WINSOR: Final = 4.0

# Slots this wide are used as long as the votes allow; sparse data get wider ones.
SLOT_MINUTES: Final = (30, 60, 120, 180)

# Median number of votes a slot must have before narrower slots are taken: fewer make the slot's level mostly noise.
VOTES_PER_SLOT: Final = 8

# Scales are pooled over this much time on both sides of a slot.
SCALE_POOL_MINUTES: Final = 60

# Votes of the cell's mean spread in the scale of each slot and day of failures: rare failures leave many without any.
FAILURE_PRIOR_VOTES: Final = 20

# A vantage with fewer votes has no level of its own.
VANTAGE_VOTES: Final = 5

# Identifiable: comparison days per day type, and the largest share of event days.
COMPARISON_DAYS: Final = 4
EVENT_DAY_SHARE: Final = 0.70

# Too few votes to answer anything: below these a single bad hour decides.
EVENTS: Final = 3
VOTES_INSIDE: Final = 8
VOTES_OUTSIDE: Final = 30

# A gap this long parts votes into groups; one too small to compare with anything says nothing in its own time.
STRAY_SECONDS: Final = 60 * 86400

# A p-value needs at least this many comparable shifts, or it could never fall below 0.05.
VALID_SHIFTS: Final = 39
SHIFTS: Final = 3000

ALPHA: Final = 0.05  # of Benjamini-Hochberg, and of "an effect is seen"

# `not_associated`: the interval excludes effects of this size.
RATIO: Final = 0.7
DIFFERENCE: Final = 0.3

# `continuous`: target below half its control, or a third of the votes failed, in and out of the windows.
CONTINUOUS_RATIO: Final = 0.5
CONTINUOUS_SHARE: Final = 1 / 3

# Failures must fall in this many events before hours are blamed for them. Some failures fall everywhere: so without the
# events that are one too few, this share of the effect must be left.
FAILED_EVENTS: Final = 3
CARRIED_SHARE: Final = 0.25

# Onset alignment: spread of the starts, and events with votes on both sides of the start.
ONSET_SPREAD_SECONDS: Final = 1800
ONSET_EVENTS: Final = 10
ONSET_SIDE_SECONDS: Final = 7200

# Announced/unannounced and held/cancelled are compared where each side has this many events.
SPLIT_EVENTS: Final = 5
