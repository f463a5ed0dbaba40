"""What the paper prints of its data and its system: Tables 3 and 7, names and regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Described:
    """A line of Table 3: mean and range over 30 provinces and 12 years."""

    mean: float
    low: float
    high: float


#: The paper's Table 3, by abbreviation, as its column of names slipped by one.
TABLE_3: Mapping[str, Described] = {
    "productivity": Described(0.1683, 0.0250, 0.7515),
    "education": Described(2776.0, 1082.0, 5613.0),
    "research": Described(3967688.0, 57760.0, 32200000.0),
    "patent": Described(72819.0, 502.0, 872209.0),
    "manufacture": Described(0.1279, 0.0417, 0.5424),
    "creativity": Described(30476.0, 87.0, 572589.0),
    "information": Described(1297.0, 46.0, 15025.0),
    "green": Described(0.2001, 0.0073, 0.8163),
    "efficiency": Described(0.0109, 0.0025, 0.0380),
}

INTERACTION_EQUATIONS: Mapping[str, str] = {
    "productivity": "productivity ~ np.log(education) + np.log(research) + np.log(patent)"
    " + manufacture",
    "manufacture": "manufacture ~ np.log(creativity) + np.log(information) + green + efficiency"
    " + productivity",
}

#: Table 7, column (3), by equation and term; ``pd.Series`` of it aligns with ``result.params``.
INTERACTION_PARAMS: Mapping[tuple[str, str], float] = {
    ("productivity", "Intercept"): -0.342,
    ("productivity", "np.log(education)"): -0.035,
    ("productivity", "np.log(research)"): 0.037,
    ("productivity", "np.log(patent)"): 0.016,
    ("productivity", "manufacture"): 0.717,
    ("manufacture", "Intercept"): -0.056,
    ("manufacture", "np.log(creativity)"): 0.006,
    ("manufacture", "np.log(information)"): 0.006,
    ("manufacture", "green"): 0.180,
    ("manufacture", "efficiency"): -2.105,
    ("manufacture", "productivity"): 0.455,
}

FIRST_YEAR = 2011

#: Provinces of the 30 in each region.
REGIONS: Mapping[str, int] = {"east": 10, "central": 6, "west": 11, "northeast": 3}
