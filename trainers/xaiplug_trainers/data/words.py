"""Words as vectors, without training and without a table: a vector is drawn by the spelling of its word."""

import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["embedded", "vector"]

_PIECES = (3, 4, 5)
"""Lengths of the letter sequences that words share."""


@lru_cache(maxsize=65536)
def _drawn(piece: str, dimensions: int) -> NDArray[np.float32]:
    """A standard normal vector that belongs to a piece of text."""
    seed = [zlib.crc32(piece.encode()), zlib.adler32(piece.encode())]
    return np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)


@lru_cache(maxsize=65536)
def vector(word: str, dimensions: int) -> NDArray[np.float32]:
    """(D,) of length one: half the word's own draw, half the sum of its letter sequences' (as fastText shares them).

    Words of one stem lie near each other; others are orthogonal up to 1 / sqrt(D). The same on every machine.
    """
    word = word.lower()
    marked = f"<{word}>"
    pieces = [marked[i : i + n] for n in _PIECES for i in range(len(marked) - n + 1)]
    shared = sum((_drawn(piece, dimensions) for piece in pieces), np.zeros(dimensions, dtype=np.float32))
    own = _drawn(f"word {word}", dimensions)
    mixed = _unit(own) + _unit(shared)
    return _unit(mixed)


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
