"""The model of the plain arms, in eager PyTorch: the same weights and blocks as grappa-cli's, no more."""
import math

import torch
import torch.nn.functional as F

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class Block(torch.nn.Module):
    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.heads = heads
        for name, tensor in weights.items():
            if name.startswith(prefix):
                self.register_buffer(name[len(prefix):].replace(".", "_"), tensor)

    def forward(self, x):
        b, t, d = x.shape
        y = F.layer_norm(x, (d,), self.norm1_weight, self.norm1_bias, 1e-6)
        q, k, v = F.linear(y, self.attn_qkv_weight, self.attn_qkv_bias).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d)
        x = x + F.linear(y, self.attn_proj_weight, self.attn_proj_bias) * self.ls1_gamma
        y = F.layer_norm(x, (d,), self.norm2_weight, self.norm2_bias, 1e-6)
        y = F.gelu(F.linear(y, self.mlp_fc1_weight, self.mlp_fc1_bias))
        return x + F.linear(y, self.mlp_fc2_weight, self.mlp_fc2_bias) * self.ls2_gamma


class Backbone(torch.nn.Module):
    def __init__(self, weights, size, heads=6):
        super().__init__()
        self.w = weights
        depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
        self.blocks = torch.nn.Sequential(*(Block(weights, f"blocks.{i}.", heads) for i in range(depth)))
        self.patch = weights["patch_embed.proj.weight"].shape[-1]
        pe = weights["pos_embed"]
        n, cells = math.isqrt(pe.shape[1] - 1), size // self.patch
        grid = pe[:, 1:].reshape(1, n, n, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(cells, cells), mode="bicubic", align_corners=False)
        self.position = torch.cat([pe[:, :1], grid.permute(0, 2, 3, 1).reshape(1, cells * cells, -1)], 1)

    def embed(self, images):
        x = F.conv2d(images, self.w["patch_embed.proj.weight"], self.w["patch_embed.proj.bias"], stride=self.patch)
        x = torch.cat([self.w["cls_token"].expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], 1) + self.position
        return x

    def forward(self, images, after_block=lambda index, tokens: tokens):
        """z [B, D]; after_block(index, tokens) is where adaptors act."""
        x = self.embed(images)
        for index, block in enumerate(self.blocks):
            x = after_block(index, block(x))
        return F.layer_norm(x, (x.shape[-1],), self.w["norm.weight"], self.w["norm.bias"], 1e-6)[:, 0]
