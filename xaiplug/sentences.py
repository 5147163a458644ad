"""Sentences as a transformer of Hugging Face reads them: embeddings to explain, words to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from xaiplug.data.brief import brief, tally
from xaiplug.data.groups import FeatureGroups
from xaiplug.errors import ComponentError, ModelError
from xaiplug.model.adapter import Model

Absent = Literal["mask", "pad", "unk", "zero"]


@dataclass(frozen=True, eq=False, repr=False)
class Text:
    """Sentences, ready for `xaiplug.explain` and `xaiplug.score`.

    Attributes:
        model: the network, from embeddings to logits.
        inputs: (B,L,D) embeddings of the tokens; padding is 0.
        words: of each sentence its tokens as text, L each; pass them as `feature_names=` when you plot.
        groups: (B,L) the words, made of one token or several; special tokens and padding are in none. A `segmenter=`.
        baseline: (1,B,L,D) the sentence without its words: each is the embedding of what stands for absence, special
            tokens stay.
        forward_args: what the network reads besides, `attention_mask` and the like.
    """

    model: Model
    inputs: Tensor
    words: tuple[tuple[str, ...], ...]
    groups: FeatureGroups
    baseline: Tensor
    forward_args: dict[str, Tensor]

    def __repr__(self) -> str:
        return brief("Text", tally(len(self.inputs), "sentence"), f"up to {tally(self.inputs.shape[1], 'token')} each")


def text(
    network: nn.Module,
    tokenizer: Any,
    sentences: Sequence[str],
    *,
    absent: Absent | None = None,
    class_names: Sequence[str] | None = None,
) -> Text:
    """Make sentences ready to be explained.

    ::

        told = xaiplug.text(network, tokenizer, ["a fine film", "dull"])
        ex = xaiplug.explain(told.model, told.inputs, "integrated-gradients", baseline=told.baseline,
                             forward_args=told.forward_args)
        ex.plot(kind="words", feature_names=told.words)

    Args:
        network: a classifier that takes `inputs_embeds=`, as those of `transformers` do.
        tokenizer: its tokenizer.
        absent: the token whose embedding stands for a word that is not there, or zero. None: `mask` where the tokenizer
            has it, else `pad`, else `unk`, else zero.
        class_names: default: the network's own (`config.id2label`).

    Raises:
        ModelError: the network has no input embeddings. ComponentError: no sentence, or no such token.
    """
    if isinstance(sentences, str) or not sentences:
        raise ComponentError("give a list of sentences, such as ['a fine film']")
    embed = getattr(network, "get_input_embeddings", lambda: None)()
    if embed is None:
        raise ModelError(
            f"{type(network).__name__} has no get_input_embeddings(), from which a sentence's embeddings come; give "
            "embeddings (B,L,D) to xaiplug.explain, and names to plot(feature_names=)"
        )
    told = tokenizer(list(sentences), padding=True, return_tensors="pt", return_special_tokens_mask=True)
    arguments = {name: value for name, value in told.items() if name not in ("input_ids", "special_tokens_mask")}
    ids, real = told["input_ids"], told["attention_mask"].bool()
    device = next(network.parameters()).device
    with torch.no_grad():
        inputs = embed(ids.to(device)).masked_fill(~real[..., None].to(device), 0)
        nothing = _absence(embed, tokenizer, absent, inputs)
    words = real & ~told["special_tokens_mask"].bool()
    names = class_names or list(getattr(getattr(network, "config", None), "id2label", {}).values()) or None
    return Text(
        Model(_Embedded(network), class_names=names),
        inputs,
        tuple(tuple(tokenizer.convert_ids_to_tokens(row)) for row in ids.tolist()),
        FeatureGroups.from_labels(_grouped(told, words)).to(device),
        torch.where(words[..., None].to(device), nothing, inputs)[None],
        {name: value.to(device) for name, value in arguments.items()},
    )


class _Embedded(nn.Module):
    """From embeddings to logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, embeddings: Tensor, **arguments: Tensor) -> Tensor:
        found: Tensor = self.network(inputs_embeds=embeddings, **arguments).logits
        return found


def _absence(embed: nn.Module, tokenizer: Any, absent: Absent | None, inputs: Tensor) -> Tensor:
    """The embedding (D,) of what is not there."""
    known = {name: getattr(tokenizer, f"{name}_token_id", None) for name in ("mask", "pad", "unk")}
    chosen: str = absent or next((name for name, token in known.items() if token is not None), "zero")
    if chosen == "zero":
        return torch.zeros_like(inputs[0, 0])
    if known.get(chosen) is None:
        there = [name for name, token in known.items() if token is not None]
        raise ComponentError(f"the tokenizer has no {chosen} token; absent can be {', '.join([*there, 'zero'])}")
    found: Tensor = embed(torch.tensor([known[chosen]], device=inputs.device))[0]
    return found


def _grouped(told: Any, words: Tensor) -> Tensor:
    """The word (B,L) that each token is a part of, -1 of what is none; a word a token where the tokenizer is slow."""
    labels = torch.arange(words.shape[1]).expand(words.shape).clone()
    if getattr(told, "is_fast", False):
        of = [[-1 if word is None else word for word in told.word_ids(row)] for row in range(len(words))]
        labels = torch.tensor(of)
    return labels.masked_fill(~words, -1)
