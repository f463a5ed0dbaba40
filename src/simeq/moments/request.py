"""A kind of covariance with its options, as it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simeq.errors import SimeqError, choose, listing, nearest
from simeq.moments import sandwich

#: What each kind takes in ``cov_kwds``; the first ones, in upper case, must be given.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "nonrobust": (),
    "HC0": (),
    "HC1": (),
    "cluster": ("GROUPS", "use_correction"),
    "HAC": ("maxlags", "kernel", "time", "use_correction"),
    "hac-panel": ("GROUPS", "time", "maxlags", "kernel", "use_correction"),
    "hac-groupsum": ("TIME", "maxlags", "kernel", "use_correction"),
    "jackknife": ("groups", "center"),
    "bootstrap": ("groups", "n_boot", "seed"),
}

#: What other programs call a kind.
ELSEWHERE: Mapping[str, str] = {
    "unadjusted": "'nonrobust'",
    "robust": "'HC0', or with a small-sample factor 'HC1'",
    "hc3": "'jackknife' without groups, but for (n − 1)/n,",
    "clustered": "'cluster'",
    "kernel": "'HAC'",
    "newey-west": "'HAC'",
    "driscoll-kraay": "'hac-groupsum'",
    "cr3": "'jackknife' with groups",
    "cv3": "'jackknife' with groups",
}


@dataclass(frozen=True)
class Request:
    """A kind of covariance with its options, checked."""

    name: str
    options: Mapping[str, Any]

    def __getitem__(self, option: str) -> Any:
        return self.options.get(option)

    @property
    def is_resampling(self) -> bool:
        """Whether the system is estimated again on parts or draws of the sample."""
        return self.name in ("jackknife", "bootstrap")

    @property
    def kernel(self) -> str:
        """Name of the kernel."""
        return choose(self.options.get("kernel", "bartlett"), sandwich.KERNELS, "kernel")

    @property
    def use_correction(self) -> bool:
        """Whether the small-sample factor is applied: by default for clusters alone."""
        given = self.options.get("use_correction", self.name == "cluster")
        if not isinstance(given, bool | np.bool_):
            raise SimeqError(f"use_correction must be True or False, not {given!r}.")
        return bool(given)


def _kind(cov_type: str) -> str:
    """Return the name of a kind in its own letters."""
    by_lower = {name.lower(): name for name in OPTIONS}
    given = cov_type.lower() if isinstance(cov_type, str) else ""
    if given in by_lower:
        return by_lower[given]
    hint = nearest(given, by_lower)
    if given in ELSEWHERE:
        hint = f" What others call {given!r} is {ELSEWHERE[given]} here."
    raise SimeqError(f"Unknown cov_type {cov_type!r}; choose from {', '.join(OPTIONS)}.{hint}")


def read_request(cov_type: str, cov_kwds: Mapping[str, Any] | None) -> Request:
    """Check a kind of covariance and its options.

    Raises
    ------
    SimeqError
        If the kind or an option is unknown, or one that must be given is not.
    """
    name = _kind(cov_type)
    known = {option.lower(): option.isupper() for option in OPTIONS[name]}
    if not isinstance(cov_kwds, Mapping | None):
        raise SimeqError(f"cov_kwds must be a dict of options of {name!r}, not {cov_kwds!r}.")
    given = dict(cov_kwds or {})
    for option in given:
        if option not in known:
            takes = listing(known) or "nothing"
            raise SimeqError(
                f"cov_kwds of {name!r} takes {takes}, not {option!r}.{nearest(str(option), known)}"
            )
    for option, needed in known.items():
        if needed and given.get(option) is None:
            raise SimeqError(f"cov_type={name!r} needs cov_kwds={{{option!r}: column or array}}.")
    return Request(name, given)
