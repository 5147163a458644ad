"""How good a classifier is: by its answers of a whole split, on however many processes."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

__all__ = ["Scores", "correct", "scores_of"]


def correct(outputs: Tensor, labels: Tensor) -> Tensor:
    """Whether each prediction (B,) is right: the largest output, or whether a single output exceeds one half.

    Of labels (B,K), one answer a head, (B,K): whether its logit has the right sign.
    """
    if labels.ndim == 2:
        return (outputs > 0) == labels
    predicted = outputs.argmax(1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).long()
    return predicted == labels


def scores_of(outputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Accuracy and area under the ROC curve, of all and of each class or head.

    Of outputs (N,K) and labels (N,) or (N,K): `accuracy`, `auroc` (mean over classes that are there and are not alone),
    and `accuracy_of` and `auroc_of` (K,): of a class its share of right answers, of a head its accuracy; NaN where the
    labels tell nothing. A single output (N,1) tells class 1 from class 0.
    """
    right = correct(outputs, labels)
    if labels.ndim == 2:
        answers, of = labels, right.double().mean(0)
    else:
        answers = torch.nn.functional.one_hot(labels, max(2, outputs.shape[1]))
        of = torch.stack([right[labels == one].double().mean() for one in range(answers.shape[1])])
        outputs = outputs.double().softmax(1) if outputs.shape[1] > 1 else torch.cat([-outputs, outputs], 1)
    auroc = torch.stack([_auroc(outputs[:, one], answers[:, one]) for one in range(answers.shape[1])])
    return {"accuracy": right.double().mean(), "auroc": auroc.nanmean(), "accuracy_of": of, "auroc_of": auroc}


class Scores(Metric):
    """`scores_of` a split, whose samples are spread over processes."""

    full_state_update = False
    outputs: list[Tensor]
    labels: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("outputs", default=[], dist_reduce_fx="cat")
        self.add_state("labels", default=[], dist_reduce_fx="cat")

    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Outputs (B,K) and labels (B,) or (B,K)."""
        self.outputs.append(outputs.detach().float())
        self.labels.append(labels)

    def compute(self) -> dict[str, Tensor]:
        outputs, labels = (dim_zero_cat(part) for part in (self.outputs, self.labels))
        return scores_of(outputs, labels)


def _auroc(scores: Tensor, answers: Tensor) -> Tensor:
    """NaN where all answers are alike."""
    if len(answers.unique()) < 2:
        return torch.tensor(torch.nan, dtype=torch.float64, device=scores.device)
    order = scores.unique(return_inverse=True)[1]  # ranks: binary_auroc would pass logits through a sigmoid, with ties
    return binary_auroc(order / max(1, int(order.max())), answers.long()).double()
