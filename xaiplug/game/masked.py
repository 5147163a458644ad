"""The masked game: scores of coalitions of feature groups, batched over samples and coalitions."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiplug.data.brief import brief, tally
from xaiplug.data.finite import all_finite
from xaiplug.data.groups import FeatureGroups
from xaiplug.errors import ComponentError, NonFiniteError, ShapeError
from xaiplug.model import asked
from xaiplug.model.query import Imputing, Query


class MaskedGame:
    """v(S) = the target score with the groups outside S imputed.

    Args:
        query: with `groups`, and whatever the imputer needs.
        imputer: how absence is realised; default the query's own.

    `game(coalitions)` and `game.evaluate(rows, keep)` evaluate equal coalitions of a sample once per call, in chunks
    that fit in memory; a caller lets finished samples leave by no longer naming their rows. `evaluations` counts the
    coalitions that were run.
    """

    def __init__(self, query: Query, imputer: Imputing | None = None) -> None:
        chosen = imputer or query.imputer
        if query.groups is None or chosen is None:
            raise ComponentError(
                "a masked game needs feature groups and an imputer; declare 'groups' and 'imputer' in `needs`"
            )
        self.query = query
        self.imputer = chosen
        self.groups: FeatureGroups = query.groups
        self.evaluations = 0
        self._removal = chosen.bind(query)

    def __repr__(self) -> str:
        players = f"up to {tally(self.groups.count, 'group')} each"
        asked = tally(self.evaluations, "evaluation")
        return brief("MaskedGame", tally(len(self.query), "sample"), players, asked)

    def __call__(self, coalitions: Tensor) -> Tensor:
        """Scores (B,M) of coalitions (B,M,G) bool."""
        batch, count = coalitions.shape[:2]
        rows = torch.arange(batch, device=coalitions.device).repeat_interleave(count)
        return self.evaluate(rows, coalitions.flatten(0, 1)).view(batch, count)

    def evaluate(self, rows: Tensor, keep: Tensor) -> Tensor:
        """Scores (R,) of coalitions keep (R,G) bool of samples rows (R,)."""
        return self.query.target.score(
            self.logits(rows, keep), rows.to(self.query.inputs.device), self.query.model.output
        )

    def logits(self, rows: Tensor, keep: Tensor, *, empty_undefined: bool = False) -> Tensor:
        """Logits (R,K) of coalitions keep (R,G) bool of samples rows (R,).

        Args:
            empty_undefined: the method knows what to do where the empty coalition has no answer: NaN there, no error.

        Raises:
            ShapeError: the coalitions do not fit the groups. NonFiniteError: an answer is NaN or infinite.
        """
        if keep.dtype != torch.bool or keep.shape != (len(rows), self.groups.count):
            raise ShapeError(
                f"coalitions must be ({len(rows)},{self.groups.count}) bool, got {tuple(keep.shape)} {keep.dtype}"
            )
        device = self.query.inputs.device
        rows = rows.to(device)
        keep = keep.to(device) & self.groups.players[rows]
        with torch.no_grad():
            return asked.once(
                self.query.model.module,
                lambda: {"game": self._name, "rows": rows, "keep": keep, "empty": empty_undefined},
                lambda: self._run(rows, keep, empty_undefined),
            )

    @cached_property
    def _name(self) -> str:
        """What all answers of this game depend on, beside the model.

        Raises:
            TypeError: the imputer needs something that is not known by its value.
        """
        names = ("inputs", "groups", "seeds", "max_batch", *sorted(self.imputer.needs))
        return asked.named([self.imputer.describe(), {name: getattr(self.query, name) for name in names}])

    def _run(self, rows: Tensor, keep: Tensor, empty_undefined: bool) -> Tensor:
        first, inverse = _distinct(rows, keep)
        distinct_rows, distinct_keep = rows[first], keep[first]
        self.evaluations += len(first)
        order = distinct_keep.sum(1).argsort(stable=True) if self.imputer.ragged else None
        if order is not None:
            distinct_rows, distinct_keep = distinct_rows[order], distinct_keep[order]
        logits = self.query.in_passes(
            lambda part: self._answers(distinct_rows[part], distinct_keep[part], empty_undefined),
            len(distinct_rows),
            "game",
            elements=self._elements(distinct_keep),
        )
        if order is not None:
            logits = torch.empty_like(logits).index_copy_(0, order, logits)
        return logits[inverse]

    def _answers(self, rows: Tensor, keep: Tensor, empty_undefined: bool) -> Tensor:
        """Logits of one chunk; where one is no number, each row is asked alone, so that its sample can be named."""
        try:
            logits = self._removal(rows, keep)
            if all_finite(logits):
                return logits
        except NonFiniteError:
            pass
        return torch.cat([self._alone(rows[r : r + 1], keep[r : r + 1], empty_undefined) for r in range(len(rows))])

    def _alone(self, row: Tensor, keep: Tensor, empty_undefined: bool) -> Tensor:
        try:
            logits = self._removal(row, keep)
        except NonFiniteError:
            logits = torch.full_like(self.query.logits[:1], torch.nan)
        if not all_finite(logits) and not (empty_undefined and not keep.any()):
            raise NonFiniteError(
                f"model '{self.query.model.name}' returned NaN or infinity for sample {int(row)} with "
                f"{int(keep.sum())} of its {int(self.groups.counts[row])} groups kept"
            )
        return logits

    def meta(self) -> dict[str, Any]:
        """The coalitions run, and what the imputer counted (a removal's own `meta()`), for `Explanation.meta`."""
        counted: dict[str, Any] = getattr(self._removal, "meta", dict)()
        return {"evaluations": self.evaluations, **counted}

    def fingerprint(self, direction: str) -> Tensor:
        """What tells this game from others, (B,) int64: imputer, baselines, groups, target and seed of each sample.

        A method that walks from ∅ to N ("insertion") or back ("deletion") keeps it beside what it saw, in
        `extras["walk"]`, so that a metric on the same game need not ask again. The model is not in it.
        """
        query = self.query
        how = f"{direction}:{json.dumps(self.imputer.describe(), sort_keys=True)}".encode()
        labels = self.groups.labels.cpu().contiguous()
        baselines = None if query.baseline is None else query.baseline.detach().float().cpu()
        found = []
        for row in range(len(query)):
            digest = hashlib.blake2b(how, digest_size=8)
            digest.update(f"{int(query.target.index[row])}:{int(query.seeds[row])}".encode())
            digest.update(labels[row].numpy().tobytes())
            if baselines is not None:
                digest.update(baselines[:, row].contiguous().numpy().tobytes())
            found.append(int.from_bytes(digest.digest(), "little") >> 1)
        return torch.tensor(found, dtype=torch.int64, device=query.inputs.device)

    def _elements(self, keep: Tensor) -> int | None:
        """Numbers held per row, where the removal has an opinion on the largest in `keep`."""
        says = getattr(self._removal, "elements", None)
        return int(says(keep)) if says else None

    def full(self) -> Tensor:
        """v(N) (B,): nothing removed."""
        return self(self.groups.players.unsqueeze(1)).squeeze(1)

    def empty(self) -> Tensor:
        """v(∅) (B,): every group removed."""
        return self(torch.zeros_like(self.groups.players).unsqueeze(1)).squeeze(1)


def _distinct(rows: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """Indices of the first of each distinct (sample, coalition), in order of appearance, and who equals whom."""
    packed = np.packbits(keep.cpu().numpy(), axis=1)
    head = rows.cpu().numpy().astype(">i8").view(np.uint8).reshape(len(rows), 8)
    keys = np.ascontiguousarray(np.concatenate([head, packed], axis=1))
    _, first, inverse = np.unique(
        keys.view(np.dtype((np.void, keys.shape[1]))).ravel(), return_index=True, return_inverse=True
    )
    appearance = first.argsort(kind="stable")
    rank = np.empty_like(appearance)
    rank[appearance] = np.arange(len(appearance))
    return torch.from_numpy(first[appearance]).to(rows.device), torch.from_numpy(rank[inverse]).to(rows.device)
