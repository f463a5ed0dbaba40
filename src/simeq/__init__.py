"""Systems of simultaneous equations from formula strings.

>>> from simeq import SystemEquations, datasets
>>> model = SystemEquations(
...     ["consump ~ corpProf + corpProfLag + wages",
...      "invest ~ corpProf + corpProfLag + capitalLag"],
...     datasets.load_klein(),
...     instruments="~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag")
>>> model.fit("3sls")
<SystemResults: three-stage least squares, 2 equations, 8 coefficients, 21 rows>

Formulas are evaluated as Python code and saved results are pickles: take both only from people
you trust.
"""

from simeq import datasets
from simeq._version import __version__
from simeq.diagnostics.anderson_rubin import AndersonRubin
from simeq.diagnostics.confidence_set import ConfidenceSet
from simeq.diagnostics.effective_f import EffectiveF
from simeq.diagnostics.hypothesis_test import HypothesisTest
from simeq.diagnostics.order_and_rank import Identification
from simeq.diagnostics.tests import Diagnostics
from simeq.errors import (
    CollinearityError,
    ConstraintError,
    ConvergenceWarning,
    DataError,
    FormulaError,
    IdentificationError,
    RankWarning,
    SampleWarning,
    SimeqError,
    SimeqWarning,
    SingularError,
)
from simeq.inference.functions import FunctionResults
from simeq.linalg.triangle import Factor
from simeq.model import SystemEquations
from simeq.prediction.results import EquationPrediction, Prediction
from simeq.reduced_form.effects import Effects, Measure
from simeq.reduced_form.results import ReducedForm
from simeq.results.comparison import Comparison, compare
from simeq.results.equation import EquationResults
from simeq.results.files import load
from simeq.results.system import SystemResults
from simeq.subsamples.each import GroupEstimates
from simeq.subsamples.equality import GroupComparison

__all__ = [
    "AndersonRubin",
    "CollinearityError",
    "Comparison",
    "ConfidenceSet",
    "ConstraintError",
    "ConvergenceWarning",
    "DataError",
    "Diagnostics",
    "EffectiveF",
    "Effects",
    "EquationPrediction",
    "EquationResults",
    "Factor",
    "FormulaError",
    "FunctionResults",
    "GroupComparison",
    "GroupEstimates",
    "HypothesisTest",
    "Identification",
    "IdentificationError",
    "Measure",
    "Prediction",
    "RankWarning",
    "ReducedForm",
    "SampleWarning",
    "SimeqError",
    "SimeqWarning",
    "SingularError",
    "SystemEquations",
    "SystemResults",
    "__version__",
    "compare",
    "datasets",
    "load",
]


def __dir__() -> list[str]:
    """Public names alone: what was imported to give them is found by its own path."""
    return sorted(__all__)
