"""The callback that explains while a network learns."""

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import xaiplug
from xaiplug.errors import ComponentError, StoreError
from xaiplug_trainers.explaining import ExplainCallback


class Net(pl.LightningModule):
    """Learns in a few steps that the upper left corner has the class."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
        self.body[2].eval()  # a part that its owner keeps still

    def forward(self, x):
        return self.body(x)

    def training_step(self, batch, _):
        self.body[2].eval()
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, _):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.02)


def samples(count):
    """Noise, and a corner whose brightness is the label; its place is the truth."""
    drawn = torch.Generator().manual_seed(count)
    inputs, labels = torch.rand(count, 1, 8, 8, generator=drawn), torch.arange(count) % 2
    inputs[:, 0, :2, :2] = labels.float()[:, None, None]
    relevant = torch.zeros(count, 8, 8, dtype=torch.bool)
    relevant[:, :2, :2] = True
    return xaiplug.Samples(inputs, labels, relevant)


def loader():
    known = samples(64)
    return DataLoader(TensorDataset(known.inputs, known.labels), 16)


def trained(folder, *callbacks, epochs=4, logger=False, **options):
    trainer = pl.Trainer(
        max_epochs=epochs,
        callbacks=list(callbacks),
        logger=logger,
        default_root_dir=folder,
        accelerator="cpu",
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    net = Net()
    trainer.fit(net, loader(), loader(), **options)
    return trainer, net


def test_the_curve_says_when_the_corner_was_learnt(tmp_path):
    callback = ExplainCallback(["gradient", "input-x-gradient"], ["relevance-mass", "gini"], samples(12), every=2)
    logger = CSVLogger(tmp_path)
    _, explained = trained(tmp_path, callback, epochs=6, logger=logger)
    table = callback.table().set_index(["metric", "explainer", "epoch"])["value"]
    curve = table["relevance-mass", "gradient"]
    assert list(curve.index) == [0, 2, 4, 6]
    assert curve[0] < 0.2 < curve[6]
    logger.save()
    assert "relevance-mass/gradient" in (tmp_path / "lightning_logs/version_0/metrics.csv").read_text()
    page = (tmp_path / "learning.html").read_text()
    assert "over 6 epochs" in page
    assert len(callback.plot().axes) == 2
    _, alone = trained(tmp_path / "alone", epochs=6)
    for one, other in zip(explained.parameters(), alone.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not explained.body[2].training
    assert explained.body[0].training


def test_without_samples_it_takes_the_first_of_the_validation(tmp_path):
    callback = ExplainCallback(["gradient"], ["gini"], limit=5, report=None)
    trained(tmp_path, callback, epochs=1)
    assert callback.samples.labels.tolist() == [0, 1, 0, 1, 0]
    assert not (tmp_path / "learning.html").exists()


def test_maps_go_to_a_logger_that_takes_figures(tmp_path):
    pytest.importorskip("tensorboard")
    logger = TensorBoardLogger(tmp_path)
    added = []
    logger.experiment.add_figure = lambda tag, figure, step: added.append((tag, step))
    trained(tmp_path, ExplainCallback(["gradient"], samples=samples(3)), epochs=2, logger=logger)
    assert added == [("explanations", 0), ("explanations", 4), ("explanations", 8)]


def test_a_resumed_training_goes_on_with_its_curve():
    before = ExplainCallback(["gradient"], ["gini"])
    before.epochs, before.values = [0, 1], {"gini": {"gradient": [[0.1, 0.3], [0.5, 0.7]]}}
    after = ExplainCallback(["gradient"], ["gini"])
    after.load_state_dict(before.state_dict())
    assert after.table()["value"].tolist() == pytest.approx([0.2, 0.6])


def test_what_fails_at_first_ends_the_training_and_later_does_not(tmp_path, monkeypatch):
    with pytest.raises(xaiplug.errors.XaiplugError, match="rise"):
        trained(tmp_path, ExplainCallback(["rise"], samples=samples(2).inputs.flatten(1), options={"imputer": "no"}))
    callback = ExplainCallback(["gradient"], ["gini"], samples(4))
    look = callback._look

    def fails(trainer, module, epoch):
        if epoch == 1:
            raise ComponentError("no room")
        look(trainer, module, epoch)

    monkeypatch.setattr(callback, "_look", fails)
    with pytest.warns(UserWarning, match="epoch 1 is not explained: no room"):
        trained(tmp_path, callback, epochs=2)
    assert callback.epochs == [0, 2]


def test_a_page_stays_in_its_folder_and_nothing_is_asked_of_nobody(tmp_path):
    with pytest.raises(StoreError, match="outside"):
        trained(tmp_path / "in", ExplainCallback(["gradient"], samples=samples(2), report="../out.html"), epochs=1)
    with pytest.raises(ComponentError, match="at least one explainer"):
        ExplainCallback([])
    with pytest.raises(ComponentError, match="nothing was explained yet"):
        ExplainCallback(["gradient"]).report(tmp_path / "x.html")
