"""shapiq's approximators."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.published.subjects import Claim, Library, Subject

HEAD = """import shapiq
weights = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 0.0])  # the last of seven players does nothing


def game(coalitions):
    there = np.atleast_2d(coalitions).astype(float)[:, :7]
    return np.tanh(there @ weights) + there[:, 0] * there[:, 3] + 2 * there[:, 1] * there[:, 5]


def of_sets(answer):
    return {players: value for players, value in answer.dict_values.items() if players}"""

_TEMPLATES = {
    "completeness": (
        "found, due = sum(of_sets({answer}).values()), np.ptp(game([[0] * 7, [1] * 7]))",
        "found, due",
    ),
    "dummy": (
        "found = of_sets(ask({budget}))",
        "max((abs(found[who]) for who in found if 6 in who), default=0) / max(map(abs, found.values()))",
    ),
    "seeds": (
        "seed(); once = of_sets(ask({some})); seed(); again = of_sets(ask({some}))",
        "apart(once, again)",
    ),
    "draws": (
        "once = of_sets(ask({some})); again = of_sets(ask({some}, random_state=1))",
        "apart(once, again)",
    ),
    "random state": ("seed(7); before = states(); ask({some}); after = states()", "changed(before, after)"),
}
_EXACT = Claim("the index shares out the difference; all coalitions are in the budget", within=1e-6)
_SHARED = Claim("the index shares out the difference, in the limit of all draws", estimate=True)
_DUMMY = Claim("the index gives nothing to who does nothing; all coalitions are in the budget", within=1e-6)
_NOTHING = Claim("follows: every marginal contribution of who does nothing is zero", within=1e-9)
_LIMIT = Claim("the index gives nothing to who does nothing, in the limit of all draws", estimate=True)
_SLOW = "a call takes more than half a minute; one was made"
_UNTOLD = {
    "batch": "asks one game at a time",
    "untouched": "asks a function, and never sees a network",
}


def _of(name: str, completeness: Claim | None, dummy: Claim, made: str = "7", answer: str = "{}") -> Subject:
    ask = f"shapiq.{name}({made}, random_state=random_state).approximate(budget, game)"
    fill = {"budget": "128", "some": "64", "answer": answer.format("ask(128)")}
    return Subject(name, ask, completeness, dummy, fill=fill, untold=_UNTOLD)


def _sparse(name: str, **untold: str) -> Subject:
    """Of one that needs more coalitions."""
    fill = {"budget": "512", "some": "512"}
    return replace(_of(name, None, _LIMIT, "n=8"), fill=fill, untold={**_UNTOLD, **untold})


LIBRARY = Library(
    "shapiq",
    ("shapiq",),
    HEAD,
    (
        _of("KernelSHAP", _EXACT, _DUMMY),
        _of("KernelSHAPIQ", _EXACT, _DUMMY),
        _of("InconsistentKernelSHAPIQ", _EXACT, _DUMMY),
        _of("RegressionFSII", _EXACT, _DUMMY),
        _of("RegressionFBII", None, _DUMMY),
        _of("kADDSHAP", _EXACT, _DUMMY, answer="{}.get_n_order(1)"),
        _of("PermutationSamplingSV", _SHARED, _NOTHING),
        _of("PermutationSamplingSII", _SHARED, _NOTHING),
        _of("PermutationSamplingSTII", _SHARED, _NOTHING, "7, 2"),
        _of("StratifiedSamplingSV", _SHARED, _NOTHING),
        _of("OwenSamplingSV", _SHARED, _LIMIT),
        _of("SVARM", _SHARED, _LIMIT),
        _of("SVARMIQ", _SHARED, _LIMIT),
        _of("SHAPIQ", _SHARED, _LIMIT),
        _of("UnbiasedKernelSHAP", _SHARED, _LIMIT),
        _sparse("SPEX", dummy=_SLOW, seeds=_SLOW),
        _sparse("ProxySPEX"),
    ),
    templates=_TEMPLATES,
    arguments="budget, random_state=0",
    remark="Asked with `random_state=0`. The budget is 128, as many as there are coalitions.",
)
