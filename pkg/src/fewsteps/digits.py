"""Second floor: a small law of real images, the 8x8 digits bundled with scikit-learn (nothing is downloaded)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewsteps.arrays import floats, integer_at_least, positive_number
from fewsteps.lazy import need


@dataclass(frozen=True, eq=False)
class ImageLaw:
    """Principal components of a set of square images: codes of exactly diagonal covariance, and the way back.

    Attributes
    ----------
    mean : array of shape (p,)
        Mean image, flattened.
    basis : array of shape (p, k)
        Orthonormal columns, the leading principal components.
    lam : array of shape (k,)
        Variances of the codes, decreasing.
    scale : float
        Grey values squared per unit of code variance.
    codes : array of shape (n, k)
        The codes of the images themselves.
    """

    mean: NDArray[np.float64]
    basis: NDArray[np.float64]
    lam: NDArray[np.float64]
    scale: float
    codes: NDArray[np.float64]

    def decode(self, codes: Any) -> NDArray[np.float64]:
        """Images of shape (..., side, side), in grey values, of codes of shape (..., k)."""
        codes = floats(codes, "codes")
        if codes.ndim == 0 or codes.shape[-1] != self.lam.size:
            raise ValueError(f"codes must have shape (..., {self.lam.size}), got {codes.shape}")
        side = round(self.mean.size**0.5)
        flat = self.mean + np.sqrt(self.scale) * codes @ self.basis.T
        return flat.reshape(*codes.shape[:-1], side, side)


def digits_law(k: int = 32, scale: float = 140.0) -> ImageLaw:
    """Leading `k` principal components of the 1797 bundled digits, with code variances in units of `scale`.

    Parameters
    ----------
    k : int
        Number of components, at most 64 (the pixels).
    scale : float
        What the variances, in grey values (0 to 16) squared, are divided by; at 140, three of them exceed 1.

    Notes
    -----
    Source: OM-X-Fig14 (its small version). Needs scikit-learn.

    Examples
    --------
    >>> law = digits_law()
    >>> law.lam[:4].round(3), law.decode(law.codes[:2]).shape
    (array([1.279, 1.169, 1.013, 0.722]), (2, 8, 8))
    """
    need("digits_law", "pages", "sklearn")
    from sklearn.datasets import load_digits

    k, scale = integer_at_least(k, 1, "k"), positive_number(scale, "scale")
    pixels = np.asarray(load_digits().data, dtype=float)
    if k > pixels.shape[1]:
        raise ValueError(f"k must be at most {pixels.shape[1]}, got {k}")
    mean = pixels.mean(axis=0)
    _, singular, rows = np.linalg.svd(pixels - mean, full_matrices=False)
    basis = rows[:k].T * np.sign(rows[:k].sum(axis=1))  # the sign of a component is a convention
    lam = singular[:k] ** 2 / (len(pixels) - 1) / scale
    return ImageLaw(mean, basis, lam, scale, (pixels - mean) @ basis / np.sqrt(scale))
