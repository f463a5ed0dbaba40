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
from simeq.comparison import Comparison, compare
from simeq.diagnostics.anderson_rubin import AndersonRubin
from simeq.diagnostics.battery import Diagnostics
from simeq.diagnostics.confidence_set import ConfidenceSet
from simeq.diagnostics.effective_f import EffectiveF
from simeq.diagnostics.identification import Identification
from simeq.diagnostics.record import HypothesisTest
from simeq.equality import GroupComparison
from simeq.equation_results import EquationResults
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
from simeq.factor import Factor
from simeq.model import SystemEquations
from simeq.nonlinear import FunctionResults
from simeq.prediction import EquationPrediction, Prediction
from simeq.reduced_form.effects import Effects, Measure
from simeq.reduced_form.results import ReducedForm
from simeq.resampling.each import GroupEstimates
from simeq.results import SystemResults, load

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
