"""Throughput of ResNet-18 in our LightningModule against a bare PyTorch loop: `python throughput.py [steps]`.

Same images, batches of 128, same optimiser, in turns so that both meet the same machine load. Prints images a second
of each turn and the ratio of the best turns.
"""

import sys
import tempfile
import time

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.data.base import Geometry
from xaiplug_trainers.isolation import quiet

BATCH, TURNS = 128, 4
GEOMETRY = Geometry((1, 28, 28), 10)


class Clock(pl.Callback):
    """Times the training steps, without Lightning's start and end."""

    def on_train_start(self, *_: object) -> None:
        self.start = time.perf_counter()

    def on_train_epoch_end(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.start


def model() -> ImageClassifier:
    """The classifier with the network of the paper's SET-SUM."""
    torch.manual_seed(0)
    return ImageClassifier(network="resnet18", geometry=GEOMETRY)


def bare(batches: DataLoader) -> float:
    """Seconds of a plain loop over the same network, loss and optimiser."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = model().network.to(device).train()
    optimizer = torch.optim.Adam(network.parameters())
    start = time.perf_counter()
    for inputs, labels in batches:
        loss = nn.functional.cross_entropy(network(inputs.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start


def lightning(batches: DataLoader) -> float:
    """Seconds of Lightning over the same."""
    clock = Clock()
    with quiet(), tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, callbacks=[clock], default_root_dir=folder,
        )  # fmt: skip
        trainer.fit(model(), batches)
    return clock.seconds


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    images = torch.rand(BATCH * steps, 1, 28, 28)
    labels = torch.randint(0, 10, (BATCH * steps,))
    batches = DataLoader(TensorDataset(images, labels), BATCH)
    rates: dict[str, list[float]] = {"bare": [], "lightning": []}
    for turn in range(TURNS):
        for name, run in (("bare", bare), ("lightning", lightning)):
            rates[name].append(len(images) / run(batches))
            print(f"turn {turn} {name}: {rates[name][-1]:.0f} images/s", flush=True)
    print(f"lightning / bare, best turns: {max(rates['lightning']) / max(rates['bare']):.3f}")


if __name__ == "__main__":
    main()
