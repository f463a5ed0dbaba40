"""What an estimator is: its name, what it needs and assumes, how it estimates and what it scores.

Each family is a file beside this one, and each method a line in `registry`. No other room knows
how a method works: it asks the estimator, or reads what the estimate says of itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from simeq.estimators.choices import Choices
from simeq.estimators.equations import Equations
from simeq.estimators.samples import Samples
from simeq.linalg.bases import BoolArray, FloatArray
from simeq.linalg.definite import Solvable

#: What an estimator may need beside cross products of the regressors.
Need: TypeAlias = Literal["instruments"]


@dataclass(frozen=True, order=True)
class Assumptions:
    """What an estimate needs to be consistent, beside its own equation; more of it is greater.

    Attributes
    ----------
    exogenous_regressors : bool
        Regressors are uncorrelated with the errors.
    other_equations : bool
        The other equations are right, too.
    fixed_point : bool
        Σ is that of the estimate itself.
    """

    exogenous_regressors: bool = False
    other_equations: bool = False
    fixed_point: bool = False


@dataclass(frozen=True, eq=False)
class Iteration:
    """How steps ended that are taken until nothing moves, for each sample (…).

    Attributes
    ----------
    steps : int
        Those that were taken.
    change : (…) array
        The last change, in the units of the criterion.
    converged : (…) array of bool
    growth : (…) array
        Length of the coefficients by that of the first step's, in orthonormal coordinates.
    """

    steps: int
    change: FloatArray
    converged: BoolArray
    growth: FloatArray


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimates of samples (…).

    Attributes
    ----------
    delta : (…, p) array
        Free parameters; see `FreeParameters`. Without meaning where a sample failed.
    normal : Solvable
        Normal matrices (…, p, p) of the last step: their inverses are the bread of a sandwich.
    sigma : (…, G, G) array
        Residual covariance of the last step; of the estimate's own residuals where none enters it.
    weight : (…, G, G) array
        What weighs the equations' residuals in the scores: I, diag(1/σ_ii) or Σ⁻¹.
    iteration : Iteration or None
    steps : int
        Steps that took a Σ.
    """

    delta: FloatArray
    normal: Solvable
    sigma: FloatArray
    weight: FloatArray
    steps: int = 0
    iteration: Iteration | None = None


@dataclass(frozen=True, eq=False)
class ScoreParts:
    """What the scores of samples (…) are made of: s = L'(g ∘ v), row by row.

    Attributes
    ----------
    beside : {"regressors", "instruments"}
        What g stands for (q): the columns of X̂ in orthonormal coordinates, or of Z.
    mix : (…, G, q) array
        Residuals u @ mix are the v beside them.
    transform : (…, q, K) array or None
        L, which takes products to scores of γ; None for the identity.
    """

    beside: Literal["regressors", "instruments"]
    mix: FloatArray
    transform: FloatArray | None = None


class Views(Protocol):
    """A system's equations as estimators may see them."""

    @property
    def plain(self) -> Equations:
        """With regressors as they are."""
        ...

    @property
    def projected(self) -> Equations:
        """With regressors projected on the instruments."""
        ...


@dataclass(frozen=True)
class Estimator(ABC):
    """An estimator: a family says how it estimates, and its classical covariance in two ways.

    Attributes
    ----------
    name : str
        What `fit` calls it.
    title : str
        Its name in words, as a sentence begins.
    needs : frozenset of {"instruments"}
    assumes : Assumptions
    safer : str
        The estimator that assumes less, with which Hausman's test compares it; "" for none.
    weighs_equations : bool
        Whether residual variances enter the estimate, so that none of them may be zero.
    iterated : bool
        Whether steps are taken until nothing moves.
    """

    name: str
    title: str
    needs: frozenset[Need] = frozenset()
    assumes: Assumptions = Assumptions()
    safer: str = ""
    weighs_equations: bool = False
    iterated: bool = False

    def see(self, system: Views) -> Equations:
        """Return the equations as it sees them: projected where it needs instruments."""
        return system.projected if "instruments" in self.needs else system.plain

    @abstractmethod
    def estimate(self, samples: Samples, choices: Choices) -> Estimate:
        """Estimate samples; those that fail are noted there."""

    @abstractmethod
    def variance(self, samples: Samples, found: Estimate, choices: Choices) -> FloatArray:
        """Classical covariance (…, p, p) of δ."""

    @abstractmethod
    def describe_variance(self, choices: Choices) -> str:
        """Say what the classical covariance is."""

    def score_parts(self, samples: Samples, found: Estimate, choices: Choices) -> ScoreParts:
        """Say what the scores are made of."""
        mix = found.weight[..., samples.equations.equation]
        return ScoreParts("regressors", mix)

    # ------------------------------------------------------------------ what is said of it

    @property
    def has_likelihood(self) -> bool:
        """Whether the likelihood of its residuals compares models."""
        return "instruments" not in self.needs

    def form(self, choices: Choices, instruments_differ: bool) -> str | None:
        """Which form was taken where instruments differ by equation; None where that is one."""
        return None

    def cautions(self, choices: Choices, instruments_differ: bool) -> Iterator[str]:
        """Yield what deserves a warning before it is used."""
        yield from ()

    def minimises_moments(self, equations: Equations, choices: Choices) -> bool:
        """Whether it minimises e'Z(Z'ΩZ)⁻¹Z'e, Ω = Σ⊗I, so that the minimum tests instruments."""
        return False
