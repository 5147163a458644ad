"""Where images come from: embedded (`digits`, `shapes`) or real files (`mnist`, `cifar10`)."""

from xaiplug_trainers.sources.base import Images, Source, blocks, divided, draw, open_source, stratified

__all__ = ["Images", "Source", "blocks", "divided", "draw", "open_source", "stratified"]
