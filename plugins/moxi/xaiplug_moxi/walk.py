"""Algorithms 1 and 2: all samples take their k-th step together, and those that are finished leave."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaiplug import MaskedGame
from xaiplug_moxi.ops import deletion_terms, first_best, insertion_terms
from xaiplug_moxi.rewards import Reward, Seen


@dataclass(frozen=True)
class Rule:
    """When a sample has arrived, and whether it then leaves.

    Inserting, a sample arrives when its target is predicted with a probability above `tau`; deleting, when its target
    is predicted no longer.
    """

    inserts: bool
    leaves: bool
    tau: float

    def arrived(self, seen: Seen) -> Tensor:
        """(A,) bool."""
        assert seen.correct is not None
        assert seen.probability is not None
        return seen.correct & (seen.probability > self.tau) if self.inserts else ~seen.correct


@dataclass(eq=False)
class Walk:
    """The greedy choice of B samples, step by step.

    `order` (B,P) -1 where no step was taken. With the state before any step in column 0: `reward` (B,P+1) as optimised,
    `score` (B,P+1) of the target, `probability`, `correct` (B,P+1) or None. Per step: `phi`, `interaction`, `phase`
    (B,P). `arrival` (B,) the first step at which the rule held, -1 = never. NaN stands where no step was taken.

    Args:
        game: f.
        reward: reads the logits; with two objectives, a sample turns to the second when its target is predicted.
        rule: when to stop.
        steps: P, at most.
    """

    game: MaskedGame
    reward: Reward
    rule: Rule
    steps: int
    order: Tensor = field(init=False)
    phase: Tensor = field(init=False)
    arrival: Tensor = field(init=False)

    def __post_init__(self) -> None:
        players = self.game.groups.players
        everyone = torch.arange(len(players), device=players.device)
        self.full = self.reward(self.game.logits(everyone, players), everyone)
        self.empty = self.reward(self.game.logits(everyone, torch.zeros_like(players), empty_undefined=True), everyone)
        start = self.empty if self.rule.inserts else self.full
        self._now = start.objectives.clone()
        self._last = self._now.shape[1] - 1
        self._turn = torch.full_like(everyone, self._last)
        if self._last:
            assert start.correct is not None
            self._turn = torch.where(start.correct, self._last, 0)
        blank = self._now.new_full((len(players), self.steps + 1), torch.nan)
        self.order = torch.full_like(blank[:, 1:], -1, dtype=torch.int64)
        self.phase, self.arrival = self.order.clone(), torch.full_like(everyone, -1)
        self.reward_trace, self.score_trace, self.phi, self.interaction = (blank.clone() for _ in range(4))
        judged = start.correct is not None
        self.probability: Tensor | None = blank.clone() if judged else None
        self.correct: Tensor | None = blank.clone() if judged else None
        self._note(everyone, start, self._turn, 0)

    def run(self) -> Walk:
        """Take all steps."""
        players = self.game.groups.players
        chosen = torch.zeros_like(players)
        single = self._now.new_full((*players.shape, self._now.shape[1]), torch.nan)
        gone = torch.zeros_like(self.arrival, dtype=torch.bool)
        for step in range(self.steps):
            active = ((players & ~chosen).any(1) & ~gone).nonzero().flatten()
            if not len(active):
                break
            gone[active] = self._step(step, active, chosen, single)
        return self

    def _step(self, step: int, active: Tensor, chosen: Tensor, single: Tensor) -> Tensor:
        """Evaluate every free player of the active samples, choose, note; returns who is finished (A,)."""
        players = self.game.groups.players
        free = players[active] & ~chosen[active]
        at, candidate = free.nonzero(as_tuple=True)
        coalition = chosen[active[at]].scatter(1, candidate[:, None], True)
        keep = coalition if self.rule.inserts else players[active[at]] & ~coalition
        seen = self.reward(self.game.logits(active[at], keep, empty_undefined=True), active[at])
        if step == 0:
            single[active[at], candidate] = seen.objectives
        turn = self._turn[active]
        optimised = seen.objectives.gather(1, turn[at, None]).squeeze(1)
        values = optimised.new_full(free.shape, torch.nan)
        values[at, candidate] = optimised
        best = first_best(values, free, largest=self.rule.inserts)
        row = torch.zeros_like(free, dtype=torch.int64)
        row[at, candidate] = torch.arange(len(at), device=row.device)
        taken = seen[row.gather(1, best[:, None]).squeeze(1)]
        self._terms(step, active, single[active, best], taken.objectives, turn)
        self.order[active, step], self.phase[active, step] = best, turn
        chosen[active, best] = True
        self._now[active] = taken.objectives
        self._note(active, taken, turn, step + 1)
        return self._turn_or_leave(step, active, taken, turn)

    def _terms(self, step: int, active: Tensor, single: Tensor, after: Tensor, turn: Tensor) -> None:
        before, full, empty = self._now[active], self.full.objectives[active], self.empty.objectives[active]
        if self.rule.inserts:
            terms = insertion_terms(single, empty, before, after)
        else:
            counts = self.game.groups.counts[active, None]
            terms = deletion_terms(single, full, before, after, counts, step)
        phi, interaction = (term.gather(1, turn[:, None]).squeeze(1) for term in terms)
        self.phi[active, step + 1], self.interaction[active, step + 1] = phi, interaction

    def _note(self, active: Tensor, seen: Seen, turn: Tensor, column: int) -> None:
        self.reward_trace[active, column] = seen.objectives.gather(1, turn[:, None]).squeeze(1)
        self.score_trace[active, column] = seen.objectives[:, self._last]
        if self.correct is not None and self.probability is not None:
            assert seen.correct is not None
            assert seen.probability is not None
            self.probability[active, column] = seen.probability
            self.correct[active, column] = seen.correct.to(self.correct)

    def _turn_or_leave(self, step: int, active: Tensor, seen: Seen, turn: Tensor) -> Tensor:
        if seen.correct is None:
            return torch.zeros_like(active, dtype=torch.bool)
        arrived = self.rule.arrived(seen) & (turn == self._last) & (self.arrival[active] < 0)
        self.arrival[active[arrived]] = step + 1
        self._turn[active[seen.correct]] = self._last
        return arrived & self.rule.leaves
