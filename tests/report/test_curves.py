import numpy as np
import pytest

from shelfcast.report.curves import curve_verdict
from shelfcast.training import TrainingRun

EPOCHS = np.arange(1, 201)
LEVEL = 0.02 + 0.3 * np.exp(-EPOCHS / 12)
NOISE = np.random.default_rng(0).normal(1, 0.03, len(EPOCHS))


def verdict(test, *, train=None, kept=10, interrupted=False, validation=True):
    train = test if train is None else train
    curves = {"train": list(train), "test": list(test)} | ({"validation": list(test)} if validation else {})
    return curve_verdict(TrainingRun(curves, kept, interrupted))


@pytest.mark.parametrize("noise", [1, NOISE])
def test_a_curve_that_becomes_level_has_converged(noise):
    assert "has converged" in verdict(LEVEL * noise)


@pytest.mark.parametrize("noise", [1, NOISE])
def test_a_curve_that_goes_down_to_the_end_is_still_falling(noise):
    said = verdict(0.3 * EPOCHS**-0.5 * noise)
    assert "still falling" in said
    assert "more epochs may help" in said


@pytest.mark.parametrize("noise", [1, NOISE])
def test_a_curve_that_turns_up_shows_overfitting(noise):
    said = verdict((LEVEL + 2e-4 * np.maximum(EPOCHS - 60, 0)) * noise, train=0.3 * EPOCHS**-0.5)
    assert "overfitting" in said
    assert "while the training loss went on falling" in said


def test_one_wild_last_epoch_is_no_overfitting():
    wild = LEVEL.copy()
    wild[-1] *= 3
    assert "has converged" in verdict(wild)


def test_one_lucky_epoch_early_on_is_no_overfitting():
    lucky = LEVEL.copy()
    lucky[100] *= 0.5
    assert "has converged" in verdict(lucky)


def test_the_scale_of_the_loss_does_not_matter():
    assert verdict(LEVEL) == verdict(1e-6 * LEVEL) == verdict(1e6 * LEVEL)


def test_it_names_the_kept_epoch_and_what_chose_it():
    said = verdict(LEVEL, kept=142)
    assert "Epoch 142 of 200 was kept" in said
    assert "validation days; the test days had no part" in said


def test_without_validation_days_it_says_that_nothing_was_chosen():
    assert "no validation days to choose by" in verdict(LEVEL, kept=200, validation=False)


def test_an_interrupted_training_is_said_first():
    assert verdict(LEVEL[:50], interrupted=True).startswith("Training was interrupted after 50 epochs")
    assert "interrupted" not in verdict(LEVEL)


def test_an_interruption_before_the_first_epoch_leaves_nothing_learned():
    assert "learned nothing" in verdict([], kept=0, interrupted=True)


def test_few_epochs_are_not_judged():
    assert "cannot be judged: 1 epoch," in verdict(LEVEL[:1], kept=1)


def test_a_loss_that_is_no_number_is_called_diverged():
    assert "diverged: at epoch 31 " in verdict([*LEVEL[:30], np.nan, np.nan])


def test_a_loss_of_zero_is_level():
    assert "has converged" in verdict(np.zeros(20))


def test_a_training_without_epochs_is_told_in_parts_of_itself():
    falling = 0.3 * EPOCHS**-0.5
    curves = {"train": list(falling), "test": list(falling)}
    said = curve_verdict(TrainingRun(curves, 200, False, averaged=True))
    assert "of the 200 parts: more steps may help" in said
    assert "epoch" not in said
