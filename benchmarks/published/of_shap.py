"""shap's explainers of networks and of functions."""

from __future__ import annotations

from benchmarks.published.subjects import Claim, Library, Subject

HEAD = """import shap
drawn = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
weights = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 2.0, 0.0])  # the last of seven columns is never read
background, table, other_rows = np.random.default_rng(0).random((3, 5, 7))
other_rows[0] = table[0]


def score(rows):
    return np.tanh(rows @ weights) + rows[:, 0] * rows[:, 3] + 2 * rows[:, 1] * rows[:, 5]


def of_target(found, y):
    return np.stack([one[..., k] for one, k in zip(found, y)])"""

_ROWS = {
    "completeness": ("found, due = ask(table[:1]).sum(), score(table[:1])[0] - score(background).mean()", "found, due"),
    "dummy": ("found = ask(table)", "np.abs(found[:, 6]).max() / np.abs(found).max()"),
    "batch": (
        "seed(); alone = ask(table[:1]); seed(); among = ask(table)",
        "apart(alone[0], among[0])",
    ),
    "neighbours": (
        "seed(); here = ask(table); seed(); there = ask(other_rows)",
        "apart(here[0], there[0])",
    ),
    "seeds": ("seed(); once = ask(table); seed(); again = ask(table)", "apart(once, again)"),
    "draws": ("seed(); once = ask(table); seed(1); again = ask(table)", "apart(once, again)"),
    "random state": ("seed(7); before = states(); ask(table); after = states()", "changed(before, after)"),
}
_SPREAD = {"due": "np.mean([(net(x[:1]) - net(one[None]))[0, 0].item() for one in drawn])"}
_SUMS = Claim("documentation: local accuracy")
_EXPECTED = Claim("documentation: expected gradients, an expectation", estimate=True)
_UNREAD = Claim("follows: what is never read has no gradient", within=1e-5)
_RESEEDS = "its constructor calls `np.random.seed(seed)`, and None is the default: what was seeded before is gone"
_DUMMY = Claim("Shapley values give nothing to who does nothing", within=1e-6)


def _of_rows(name: str, called: str = "(x).values", made: str = "", remark: str = "") -> Subject:
    return Subject(
        f"{name}{made}",
        f"shap.{name}(score, background{made}){called}",
        remark=remark,
        completeness=_SUMS,
        dummy=_DUMMY,
        untold={"untouched": "asks a function, and never sees a network"},
        templates=_ROWS,
    )


LIBRARY = Library(
    "shap",
    ("shap",),
    HEAD,
    (
        Subject(
            "GradientExplainer",
            "of_target(shap.GradientExplainer(net, drawn).shap_values(x), y)",
            completeness=_EXPECTED,
            dummy=_UNREAD,
            fill=_SPREAD,
        ),
        Subject(
            "DeepExplainer",
            "of_target(shap.DeepExplainer(net, drawn).shap_values(x, check_additivity=False), y)",
            completeness=_SUMS,
            dummy=_UNREAD,
            fill=_SPREAD,
            remark="the check of additivity, on by default, refuses what is off",
        ),
        _of_rows("KernelExplainer", ".shap_values(x, silent=True)"),
        _of_rows("SamplingExplainer", ".shap_values(x, silent=True)"),
        _of_rows("PermutationExplainer", remark=_RESEEDS),
        _of_rows("PermutationExplainer", made=", seed=0"),
        _of_rows("ExactExplainer"),
        _of_rows("PartitionExplainer"),
    ),
    arguments="x, y=None",
    remark="Networks by images, functions by rows of a table.",
)
