from .chords import ChordFrame, chord_deviation, chord_frame, explained_variance
from .curves import arc_length, curvature, estimated_bending, torsion
from .gaussian_paths import chord_residual, deviation_curve, mode_gain, residual_extremum, residual_moments
from .mean_shift import mean_shift, modes

__all__ = [
    "ChordFrame",
    "arc_length",
    "chord_deviation",
    "chord_frame",
    "chord_residual",
    "curvature",
    "deviation_curve",
    "estimated_bending",
    "explained_variance",
    "mean_shift",
    "mode_gain",
    "modes",
    "residual_extremum",
    "residual_moments",
    "torsion",
]
