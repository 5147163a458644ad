"""A plain vision transformer."""

import torch
from torch import Tensor, nn

__all__ = ["SmallViT"]


class SmallViT(nn.Module):
    """Vision transformer (Dosovitskiy et al., 2021), pre-norm, with a class token.

    (B,channels,size,size) -> (B,classes).
    The parts have the usual names (`patch_embed`, `pos_embed`, `cls_token`, `blocks`, `norm`, `head`), and blocks take
    any number of tokens, so tokens can be removed between them. Attention weights (B,heads,N,N) are the output of
    `blocks[i].attn.attn_drop`.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        size: int = 28,
        classes: int = 10,
        patch: int = 4,
        dim: int = 64,
        depth: int = 4,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.patch_embed = _PatchEmbed(channels, size, patch, dim)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + (size // patch) ** 2, dim) * 0.02)
        self.blocks = nn.Sequential(*(_Block(dim, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.patch_embed(x)
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), patches], dim=1) + self.pos_embed
        logits: Tensor = self.head(self.norm(self.blocks(tokens))[:, 0])
        return logits


class _PatchEmbed(nn.Module):
    """(B,C,H,W) -> (B,h*w,dim)."""

    def __init__(self, channels: int, size: int, patch: int, dim: int) -> None:
        super().__init__()
        self.grid_size = (size // patch, size // patch)
        self.proj = nn.Conv2d(channels, dim, patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        patches: Tensor = self.proj(x)
        return patches.flatten(2).transpose(1, 2)


class _Attention(nn.Module):
    """Self-attention written out, so that it can be hooked and differentiated twice."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.num_heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.attn_drop = nn.Identity()
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        weights = self.attn_drop((q * self.scale @ k.transpose(-2, -1)).softmax(-1))
        mixed: Tensor = self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))
        return mixed


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = _Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        attended: Tensor = x + self.attn(self.norm1(x))
        mixed: Tensor = self.mlp(self.norm2(attended))
        return attended + mixed
