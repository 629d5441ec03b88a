r"""Fifth floor: merge plans as first-class trees, and the searches for the best one.

A plan says in which order T steps are merged into one operator. Its value is built from the leaves, the teacher's
operators $A_t$, by the merge rule (OM-E16), $\gamma$ being that of the noisiest step covered:

$$
V(t) = A_t, \qquad V(L\,|\,R) = V(R) \bigl( (1 - \gamma) V(L) + \gamma \bigr).
$$

The best plan is the one whose value is nearest to a target, the surrogate $\tilde\tau$ of OM-D4.1 or another. A merge
is nondecreasing in its parts (OM-E53), so least and largest values of all intervals follow from those of shorter ones
in $(T^3 - T)/6$ splits; that settles every target on one side of them (OM-A1).
"""

from fewsteps.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
