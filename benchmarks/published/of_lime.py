"""lime's explainer of images."""

from __future__ import annotations

from benchmarks.published.subjects import Library, Subject

HEAD = """from lime.lime_image import LimeImageExplainer
quarters = np.arange(8)[:, None] // 4 * 2 + np.arange(8) // 4


def scores(images):
    with torch.no_grad():
        return net(torch.from_numpy(images).permute(0, 3, 1, 2).float()).numpy()


def slopes(x, y, batch_size, **made):
    image, asked = x[0].permute(1, 2, 0).double().numpy(), dict(labels=(0,), top_labels=None)
    asked |= dict(hide_color=0, num_samples=50, segmentation_fn=lambda _: quarters, batch_size=batch_size)
    found = LimeImageExplainer(**made).explain_instance(image, scores, **asked)
    return [slope for _, slope in sorted(found.local_exp[0])]"""

_BY_SIZE = {
    "batch": ("seed(); whole = ask(x, y); seed(); parts = ask(x, y, batch_size=7)", "apart(whole, parts)"),
    "neighbours": (),
}

LIBRARY = Library(
    "lime",
    ("lime",),
    HEAD,
    (
        Subject("LimeImageExplainer", "slopes(x, y, batch_size)", templates=_BY_SIZE),
        Subject("LimeImageExplainer, random_state", "slopes(x, y, batch_size, random_state=0)", templates=_BY_SIZE),
    ),
    arguments="x, y, batch_size=10",
    remark="It takes one image; its batches are of what it draws.",
)
