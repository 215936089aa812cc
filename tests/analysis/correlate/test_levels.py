"""The quick refit must equal the slow one: leave votes out, fit again, predict them."""

import numpy as np
import pytest

from analysis.correlate.levels import Factors, Refitter, fit


def votes(seed: int, count: int = 400) -> tuple[Factors, np.ndarray]:
    rng = np.random.default_rng(seed)
    slot, day, vantage = rng.integers(0, 12, count), rng.integers(0, 20, count), rng.integers(0, 3, count)
    value = 0.3 * slot - 0.1 * day + vantage + rng.normal(0, 0.3, count)
    return Factors.of(slot, day, vantage), value


@pytest.mark.parametrize("seed", range(5))
def test_refit_for_many_shifts_equals_fitting_again_without_the_votes(seed: int) -> None:
    factors, value = votes(seed)
    rng = np.random.default_rng(seed + 100)
    insides = [rng.choice(len(value), 40, replace=False) for _ in range(6)]
    row = np.repeat(np.arange(6), 40)
    refit = Refitter(factors, value).without(row, np.concatenate(insides), 6)
    for number, inside in enumerate(insides):
        outside = np.ones(len(value), bool)
        outside[inside] = False
        predicted, usable = fit(factors, value, outside)
        mine = row == number
        assert usable[inside].tolist() == refit.usable[mine].tolist()
        np.testing.assert_allclose(
            refit.residual[mine][usable[inside]], (value - predicted)[inside][usable[inside]], atol=0.005
        )


def test_a_vote_whose_day_has_no_other_votes_cannot_be_predicted() -> None:
    factors = Factors.of(np.array([0, 0, 1, 1, 0]), np.array([0, 0, 0, 0, 7]))
    value = np.array([1.0, 1.2, 2.0, 2.2, 9.0])
    assert fit(factors, value, np.array([True, True, True, True, False]))[1].tolist() == [True] * 4 + [False]
    refit = Refitter(factors, value).without(np.array([0]), np.array([4]), 1)
    assert refit.usable.tolist() == [False]


def test_effects_that_add_up_exactly_leave_no_residual() -> None:
    slot, day = np.divmod(np.arange(60), 10)
    value = slot * 0.5 - day * 0.2
    np.testing.assert_allclose(Refitter(Factors.of(slot, day), value).residual, 0, atol=1e-5)
