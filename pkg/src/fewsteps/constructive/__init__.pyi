from .builder import Builder, Form, Layer
from .gadgets import (
    carry,
    clip_below,
    constant,
    exponential,
    maximum,
    product,
    reciprocal,
    relu_square,
    square,
)
from .network import Network, Size
from .score import score_network, score_network_in_time
from .softmax import softmax_network, truncated_softmax

__all__ = [
    "Builder",
    "Form",
    "Layer",
    "Network",
    "Size",
    "carry",
    "clip_below",
    "constant",
    "exponential",
    "maximum",
    "product",
    "reciprocal",
    "relu_square",
    "score_network",
    "score_network_in_time",
    "softmax_network",
    "square",
    "truncated_softmax",
]
