"""Words as vectors, without training and without a table: a vector is drawn by the spelling of its word."""

import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["embedded", "vector"]

_PIECES = (3, 4, 5)
"""Lengths of the letter sequences that words share."""
_SPREAD = 0.25
"""Standard deviation of an entry: about that of learnt vectors, and what networks start learning from quickly."""


@lru_cache(maxsize=65536)
def _drawn(piece: str, dimensions: int) -> NDArray[np.float32]:
    """A standard normal vector that belongs to a piece of text."""
    seed = [zlib.crc32(piece.encode()), zlib.adler32(piece.encode())]
    return np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)


@lru_cache(maxsize=65536)
def vector(word: str, dimensions: int) -> NDArray[np.float32]:
    """(D,) of standard deviation 1/4 an entry: what the word's letter sequences share, and what is its own.

    The sum of the draws of all letter sequences has the weight 0.7 (as fastText shares them), the draw of the word
    itself 0.3; a capital and a digit add a draw of their own. Words of one stem lie near each other, others are nearly
    orthogonal. The same on every machine.
    """
    marked = f"<{word.lower()}>"
    pieces = [marked[i : i + n] for n in _PIECES for i in range(len(marked) - n + 1)]
    shared = sum((_drawn(piece, dimensions) for piece in pieces), np.zeros(dimensions, dtype=np.float32))
    mixed = _unit(0.7 * _unit(shared) + 0.3 * _unit(_drawn(f"word {marked}", dimensions)))
    if word[:1].isupper():
        mixed = mixed + 0.5 * _unit(_drawn("capital", dimensions))
    if any(letter.isdigit() for letter in word):
        mixed = mixed + 0.7 * _unit(_drawn("digit", dimensions))
    scaled: NDArray[np.float32] = (_unit(mixed) * _SPREAD * dimensions**0.5).astype(np.float32)
    return scaled


def embedded(questions: list[list[str]], length: int, dimensions: int) -> NDArray[np.float32]:
    """Vectors (N,L,D) of questions, each the list of its words; places after the last word are zero."""
    vectors = np.zeros((len(questions), length, dimensions), dtype=np.float32)
    for row, words in enumerate(questions):
        for place, word in enumerate(words[:length]):
            vectors[row, place] = vector(word, dimensions)
    return vectors


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    size = float(np.linalg.norm(values))
    return values if size == 0 else (values / size).astype(np.float32)
