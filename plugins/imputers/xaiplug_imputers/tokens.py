"""Absence in a vision transformer: patch tokens that are not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import FeatureGroups, Imputer, Query
from xaiplug.errors import ComponentError, ModelError, ShapeError
from xaiplug.model.passes import in_chunks
from xaiplug.model.patches import Patches
from xaiplug.model.query import Removal
from xaiplug.model.tokens import Tokens


class TokenRemoval(Imputer):
    """Vision transformers: patch tokens that are removed are not there.

    They are dropped after the positional embedding (MoXI, Sec. 5.1). The sequence of a row is the prefix (class,
    distillation and register tokens) and the patches kept: its length is prefix + kept, and the work falls with it.
    Patches are embedded once per image. With all patches kept the logits are the untouched network's, bit for bit.

    For vision transformers of timm (ViT, DeiT, also distilled), torchvision and Hugging Face (ViT, DeiT), and modules
    with `patch_embed`, `pos_embed`, `cls_token`, `blocks`, `norm` and `head`. Groups are made of whole patches: the
    patch grid itself or anything coarser. Without any token (no prefix, nothing kept) the logits are NaN.

    Raises:
        ModelError: a network that is no such transformer, or that does more than its parts.
        ComponentError: groups that cut a patch in two.
    """

    reads_only = True
    ragged = True

    def bind(self, query: Query) -> Removal:
        return SomeTokens.of(query, 0)


class AttentionMask(Imputer):
    """Vision transformers: removed patches are masked from a block on.

    They are seen until block `layer`, and masked from there to the last (MoXI, App. D).

    A key masked in all further blocks is read by nobody, so its token is dropped instead: the same function for the
    class token (and for the mean over the patches that are kept), for less work. `layer=0` is token removal. The blocks
    before `layer` run once per image.

    Raises:
        ComponentError: more blocks than there are; otherwise as token removal.
    """

    reads_only = True
    ragged = True

    layer: Annotated[int, Ge(0)] = 0
    """The first block whose attention is masked, counted from 0; the number of blocks masks nothing."""

    def bind(self, query: Query) -> Removal:
        return SomeTokens.of(query, self.layer)


@dataclass(eq=False)
class SomeTokens:
    """`Removal` by dropping tokens.

    Args:
        query: the model, and its logits where nothing is removed.
        tokens: the transformer in pieces.
        table: (B, prefix + T, D), every token of every image as it enters block `layer`.
        group: (B,T) int64, the group of each patch token; -1 = in no group, always kept.
        layer: blocks from here on see only what is kept.
    """

    query: Query
    tokens: Tokens
    table: Tensor
    group: Tensor
    layer: int
    counted: dict[str, int] = field(default_factory=lambda: {"tokens": 0, "longest_sequence": 0})

    @classmethod
    def of(cls, query: Query, layer: int) -> SomeTokens:
        """Embed every image, and run the blocks before `layer`."""
        tokens, groups = tokens_of(query), query.require("groups")
        if layer > len(tokens.blocks):
            raise ComponentError(
                f"attention-mask: layer={layer} is beyond the {len(tokens.blocks)} blocks of model '{query.model.name}'"
            )
        inputs = query.inputs
        group = token_groups(groups, tokens.patches(inputs), query.model.name)
        with torch.no_grad():
            table = in_chunks(
                lambda part: tokens.run(tokens.embed(inputs[part]), 0, layer),
                len(inputs),
                inputs[0].numel(),
                query.max_batch,
                ("embed", query.model.module),
            )
        return cls(query, tokens, table, group, layer)

    def __call__(self, rows: Tensor, keep: Tensor) -> Tensor:
        kept = self._kept(rows, keep)
        counts = kept.sum(1)
        lengths = counts.unique().tolist()
        if len(lengths) == 1:
            return self._forward(rows, kept, lengths[0])
        logits = self.table.new_empty(len(rows), self._classes)
        for length in lengths:
            here = (counts == length).nonzero().flatten()
            logits[here] = self._forward(rows[here], kept[here], length)
        return logits

    def elements(self, keep: Tensor) -> int:
        """Numbers held by the longest of some rows: four widths per token in the block's network, and its attention."""
        longest = max(1, int(keep.sum(1).max()) if len(keep) else 0)
        patches = round(longest * self.group.shape[1] / max(1, keep.shape[1]))
        length = self.tokens.prefix + patches
        return length * (4 * self.table.shape[2] + length)

    def meta(self) -> dict[str, Any]:
        """Tokens run in all, and the longest sequence."""
        return dict(self.counted)

    @property
    def _classes(self) -> int:
        return int(self.query.logits.shape[1])

    def _kept(self, rows: Tensor, keep: Tensor) -> Tensor:
        """(R,T) bool: which patch tokens are there."""
        present = torch.cat([keep, keep.new_ones(len(keep), 1)], 1)
        group = self.group[rows]
        return present.gather(1, torch.where(group < 0, keep.shape[1], group))

    def _forward(self, rows: Tensor, kept: Tensor, patches: int) -> Tensor:
        """Logits (R,K) of rows that all keep the same number of patches."""
        prefix, length = self.tokens.prefix, self.tokens.prefix + patches
        self.counted["tokens"] += len(rows) * length
        self.counted["longest_sequence"] = max(self.counted["longest_sequence"], length)
        if not length:
            return self.table.new_full((len(rows), self._classes), torch.nan)
        places = kept.nonzero()[:, 1].view(len(rows), patches) + prefix
        front = torch.arange(prefix, device=places.device).expand(len(rows), prefix)
        at = rows[:, None] * self.table.shape[1] + torch.cat([front, places], 1)
        sequence = self.table.flatten(0, 1).index_select(0, at.flatten()).view(len(rows), length, -1)
        logits = self.tokens.head(self.tokens.run(sequence, self.layer))
        return self._untouched(rows, logits) if patches == kept.shape[1] else logits

    def _untouched(self, rows: Tensor, logits: Tensor) -> Tensor:
        """The untouched network's logits, once the pieces have been seen to give the same."""
        known = self.query.logits[rows]
        if bool(((logits - known).abs().amax(1) > 0.05 * known.abs().amax(1)).any()):
            raise ModelError(
                f"model '{self.query.model.name}' does more than its embedding, blocks, norm and head one after the "
                "other (with every patch kept its logits are others), so its tokens cannot be removed; "
                "use imputer='baseline'"
            )
        return known


def tokens_of(query: Query) -> Tokens:
    """The token protocol of the query's model.

    Raises:
        ModelError: it has none.
    """
    tokens = query.model.tokens
    if tokens is None or query.inputs.ndim != 4:
        raise ModelError(
            f"model '{query.model.name}' has no patch tokens to remove: this imputer takes images (B,C,H,W) and vision "
            "transformers of timm, torchvision or Hugging Face (ViT, DeiT), or modules with patch_embed, pos_embed, "
            "cls_token, blocks, norm and head; for other models use imputer='baseline'"
        )
    return tokens


def token_groups(groups: FeatureGroups, patches: Patches, name: str = "") -> Tensor:
    """The group of each patch token, (B,T) int64; -1 = in no group.

    Raises:
        ComponentError: a group cuts a patch. ShapeError: groups are no label maps (B,H,W).
    """
    labels = groups.labels
    if labels.ndim != 3:
        raise ShapeError(f"groups of patches are label maps (B,H,W), got {tuple(labels.shape)}")
    patch = patches.labels.flatten()
    inside = patch >= 0
    patch, flat = patch[inside], labels.flatten(1)[:, inside]
    index = patch.expand(len(flat), -1)
    lowest, highest = (
        flat.new_zeros(len(flat), patches.count).scatter_reduce(1, index, flat, how, include_self=False)
        for how in ("amin", "amax")
    )
    if not torch.equal(lowest, highest):
        height, width = labels.shape[1] // patches.grid[0], labels.shape[2] // patches.grid[1]
        raise ComponentError(
            f"feature groups cut a patch of model '{name}', which has {patches.grid[0]}x{patches.grid[1]} patches of "
            f"{height}x{width} pixels and can only lose whole ones; use "
            f"segmenter=('grid', {{'rows': {patches.grid[0]}, 'columns': {patches.grid[1]}}})"
        )
    return lowest
