"""What a method costs: `meta` says what a hook on the network counts, and nobody asks again what a pass has shown."""

import warnings

import pytest
import torch

import xaiplug
from xaiplug.registry import discover
from xaiplug.testing.shared.scenes import scene

COSTS = {
    # rows forwarded and differentiated for two samples, of 8 and 6 groups; parameters that are not the default
    "archipelago": (140, 0),
    "attention-rollout": (2, 0),
    "blur-ig": (12, 8, {"steps": 3}),
    "cafo": (2, 2),
    "caso": (4, 28),
    "chefer": (2, 2),
    "counterpart": (4, 2),
    "deep-lift": (4, 4),
    "deep-shap": (8, 8),
    "eigen-cam": (2, 0),
    "expected-ig": (22, 16, {"steps": 4}),
    "gradient-shap": (8, 6, {"samples": 3}),
    "grad-cam": (2, 2),
    "grad-cam++": (2, 2),
    "grad-cf-explanation": (23, 12, {"steps": 3}),
    "gradient": (2, 2),
    "guided-ig": (11, 8, {"steps": 3}),
    "hessian-sets": (66, 64),
    "hsets": (68, 64),
    "idg": (66, 62),
    "ig2": (23, 28, {"steps": 3}),
    "input-x-gradient": (2, 2),
    "integrated-gradients": (10, 6, {"steps": 3}),
    "kernel-shap": (322, 0),
    "layer-cam": (2, 2),
    "legrad": (4, 4),
    "libragrad": (2, 2),
    "lime": (322, 0),
    "lrp": (2, 0),
    "moxi": (63, 0),
    "moxi-single": (20, 0),
    "occlusion": (20, 0),
    "path-integral": (12, 8, {"steps": 3}),
    "random": (2, 0),
    "rise": (8, 0, {"masks": 3}),
    "score-cam": (12, 0),
    "shapley-sampling": (326, 0),
    "shapley-interactions": (326, 0),
    "smoothgrad": (8, 6, {"samples": 3}),
    "sobol": (322, 0),
    "sparsified-smoothgrad": (8, 6, {"samples": 3}),
    "superpixel": (2, 2),
    "xrai": (204, 200),
}


BORROWED = ("captum-", "gradcam-", "shapiq-")
"""What others' own code costs is theirs to say."""


def test_every_method_is_counted():
    names = {entry.spec.name for entry in discover().entries if entry.kind == "explainer"}
    assert sorted(name for name in names if not name.startswith(BORROWED)) == sorted(COSTS)


@pytest.mark.parametrize("name", COSTS)
def test_what_is_told_is_what_a_hook_counts(name):
    forwards, backwards, *params = COSTS[name]
    made = scene("tokens" if name in ("attention-rollout", "chefer", "legrad") else "plain-images", batch=2)
    method = xaiplug.component("explainer", name, **dict(*params))
    needs = {*method.needs, *(("groups", "baseline") if "imputer" in method.needs else ())}
    parts = {"segmenter": "groups", "baseline": "baseline", "references": "references", "pool": "pool"}
    held = {"segmenter": made.labels, "baseline": made.baseline, "references": made.references, "pool": made.pool}
    given = {part: held[part] for part, need in parts.items() if need in needs}
    seen = []
    made.network.head.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xaiplug.explain(made.model, made.inputs, method, **given)  # what is found out once a network is in no cost
        for target in (made.target, None):
            seen.clear()
            meta = xaiplug.explain(made.model, made.inputs, method, target=target, **given).meta
            assert (meta["forwards"], meta["backwards"]) == (forwards, backwards)
            assert sum(seen) == forwards


@pytest.mark.parametrize("max_batch", [1, 2, "auto"])
@pytest.mark.parametrize("name", ["gradient", "grad-cam", "lrp", "deep-lift"])
def test_a_target_seen_on_the_way_is_the_one_asked_for_before(name, max_batch):
    made = scene("plain-images")
    given = {"baseline": made.baseline} if name == "deep-lift" else {}
    logits = made.model(made.inputs).detach()
    found = xaiplug.explain(made.model, made.inputs, name, max_batch=max_batch, **given)
    named = xaiplug.explain(made.model, made.inputs, name, target=logits.argmax(1), max_batch=max_batch, **given)
    assert found.target.index.equal(logits.argmax(1))
    assert found.attribution.equal(named.attribution)
    torch.testing.assert_close(found.score, logits.amax(1))
    assert found.score.equal(named.score)


def test_a_method_that_changes_the_network_is_asked_about_the_network_as_it_was():
    class Rude(xaiplug.Explainer):
        """Explains noise."""

        def explain(self, query):
            query.model.network.head.weight.data.neg_()
            return query.gradient()

    made = scene("plain-images")
    logits = made.model(made.inputs).detach()
    found = xaiplug.explain(made.model, made.inputs, Rude())
    assert found.target.index.equal(logits.argmax(1))
    assert found.score.equal(logits.amax(1))
