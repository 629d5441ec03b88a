r"""Fourth floor: flow maps, exact and approximate, and the residuals that tell them apart.

A flow map takes points at time r along the probability flow to time t, and its slope is the average velocity:

$$
\partial_t \Phi_{t \leftarrow r}(x) = v(\Phi_{t \leftarrow r}(x), t), \quad \Phi_{r \leftarrow r}(x) = x; \qquad
\Phi_{t \leftarrow r}(x) = x + (t - r)\, \bar v_{t \leftarrow r}(x).
$$

Each of three residuals vanishes for it, and together with $\Phi_{r \leftarrow r}(x) = x$ and the tangent condition for
no other map (FM-L2.1, FM-P2.2i, FM-P2.2ii, FM-P2.2iii): Lagrangian, Eulerian and semigroup,

$$
\partial_t \Phi_{t \leftarrow r} - v(\Phi_{t \leftarrow r}, t), \qquad
\partial_r \Phi_{t \leftarrow r} + \nabla \Phi_{t \leftarrow r}\, v(x, r), \qquad
\Phi_{t \leftarrow u} \circ \Phi_{u \leftarrow r} - \Phi_{t \leftarrow r}.
$$

In code the map is `phi(x, r, t)`. `gaussian`, `line` and `numerical` have the exact maps, `residuals` the conditions
for any map (NumPy and torch); `affine` has affine maps of the line, `losses` their flow-map losses in closed form.
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
