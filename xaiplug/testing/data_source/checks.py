"""Checks of data sources."""

from __future__ import annotations

from xaiplug.errors import XaiplugError
from xaiplug.kinds import DataSource
from xaiplug.testing.data_source.scenes import trial
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.trials import UNKNOWN, problems_hold, unknown_name
from xaiplug.testing.shared.types import Check, Measured, Violation, check
from xaiplug.testing.shared.untouched import untouched_by


@check("loads")
def loads(source: DataSource) -> Measured:
    """What it names as a trial is loaded: samples, at least one, all of finite numbers."""
    with trial(source) as tried:
        try:
            samples = tried.samples()
        except XaiplugError as error:
            raise Violation(str(error)) from error
    if not len(samples):
        raise Violation(f"'{tried.name}' has no sample")
    if not bool(samples.inputs.isfinite().all()):
        raise Violation(f"'{tried.name}' has inputs that are no finite numbers")
    return Measured(detail=f"{tried.name}: {tuple(samples.inputs.shape)}")


@check("same-again")
def same_again(source: DataSource) -> None:
    """The same name and parameters give the same samples in the same order: runs know their cells by them."""
    with trial(source) as tried:
        first, second = two_states(tried.fingerprint)
    if first != second:
        raise Violation(f"'{tried.name}' has other samples each time; sort what a folder lists, draw from a seed")


@check("ids")
def ids(source: DataSource) -> None:
    """Every sample has an id of its own."""
    with trial(source) as tried:
        found = tried.samples().ids
    twice = sorted({one for one in found if found.count(one) > 1})
    if twice:
        raise Violation(f"'{tried.name}' has the id '{twice[0]}' more than once")


@check("limit")
def limit(source: DataSource) -> None:
    """A limit gives the first so many of all samples."""
    with trial(source) as tried:
        whole, part = tried.samples(), tried.samples(limit=2)
    if part.fingerprint() != whole[:2].fingerprint():
        raise Violation(f"'{tried.name}' with limit=2 is not its first two samples")


@check("unknown-split")
def unknown_split(source: DataSource) -> None:
    """A split that there is not is an error of xaiplug's that names it."""
    with trial(source) as tried:
        try:
            tried.samples(split=UNKNOWN)
        except XaiplugError as error:
            if UNKNOWN not in str(error):
                raise Violation(f"there is no split '{UNKNOWN}', and the message does not name it: {error}") from error
        except Exception as error:
            raise Violation(f"raised {type(error).__name__}: {error}; expected xaiplug.errors.DataError") from error
        else:
            raise Violation(f"gave samples for the split '{UNKNOWN}'")


@check("global-rng-untouched")
def global_rng_untouched(source: DataSource) -> None:
    """The global random states of torch, numpy and Python are as they were."""
    with trial(source) as tried:
        untouched_by(tried.samples)


CHECKS: tuple[Check, ...] = (
    loads,
    same_again,
    ids,
    limit,
    unknown_name,
    unknown_split,
    problems_hold,
    global_rng_untouched,
    *COMMON,
)
