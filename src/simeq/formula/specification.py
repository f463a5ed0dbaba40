"""What the user asks for, as terms: equations by label, instrument lists, endog and exog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from simeq.errors import FormulaError, listing, nearest
from simeq.formula.expression import plain
from simeq.formula.identities import Identities, Identity, read_identities, require_known
from simeq.formula.lags import Lag, Lags, check_lags, read_lags
from simeq.formula.names import Names, entries, named_terms
from simeq.formula.terms import Term, left_side, parse

Equations: TypeAlias = Mapping[str, str] | Sequence[str] | str
Instruments: TypeAlias = str | Mapping[str, str] | Sequence[str] | None


@dataclass(frozen=True)
class Equation:
    """An equation as terms: its label, its formula, the dependent's code and the right side."""

    label: str
    text: str
    left: str
    terms: tuple[Term, ...]

    @property
    def where(self) -> str:
        """How an error names it."""
        return f"Equation {self.label}"

    @property
    def role(self) -> str:
        """How an error names its left side."""
        return f"the dependent of equation {self.label}"


@dataclass(frozen=True)
class Specification:
    """A system as it was asked for.

    Attributes
    ----------
    equations : G of Equation
    instruments : () or one tuple of terms, or G of them
        Lists given by the user; () when the rule for endog and exog decides.
    endog : tuple of str
        Data columns named as endogenous.
    exog : dict
        What the user named as exogenous, with the terms that each entry stands for.
    identities : tuple of Identity
    lags : tuple of Lag
    """

    equations: tuple[Equation, ...]
    instruments: tuple[tuple[Term, ...], ...]
    endog: tuple[str, ...]
    exog: Mapping[str, tuple[Term, ...]]
    identities: tuple[Identity, ...] = ()
    lags: tuple[Lag, ...] = ()

    @property
    def definitions(self) -> tuple[Equation | Identity, ...]:
        """All that has a left side: equations, then identities."""
        return (*self.equations, *self.identities)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Terms of the right sides, those of equations first."""
        parts = ((code,) for identity in self.identities for code in identity.factors[1:])
        return tuple(dict.fromkeys([*(t for e in self.equations for t in e.terms), *parts]))

    @property
    def every_term(self) -> tuple[Term, ...]:
        """Terms of the right sides, and instruments that the user gave."""
        return (*self.terms, *(term for own in self.instruments for term in own))

    @property
    def exog_terms(self) -> tuple[Term, ...]:
        """All terms that exog names."""
        return tuple(dict.fromkeys(term for terms in self.exog.values() for term in terms))

    def codes(self) -> dict[str, str]:
        """Return every factor's code with the place where it stands first, for errors."""
        found: dict[str, str] = {}
        for equation in self.equations:
            for term in ((equation.left,), *equation.terms):
                found.update({code: equation.where for code in term if code not in found})
        for identity in self.identities:
            found.update({c: identity.where for c in identity.factors if c not in found})
        for where, terms in (
            *(("instruments", terms) for terms in self.instruments),
            *((f"exog {entry!r}", terms) for entry, terms in self.exog.items()),
        ):
            found.update({c: where for term in terms for c in term if c not in found})
        return found


def specify(
    equations: Equations,
    instruments: Instruments,
    endog: Sequence[str] | str | None,
    exog: Sequence[str] | str | None,
    columns: Sequence[str],
    identities: Identities = None,
    lags: Lags = None,
) -> Specification:
    """Parse what the user asks for.

    Raises
    ------
    FormulaError
        If a formula or label cannot be used, or instruments stand beside endog or exog.
    """
    if instruments is not None and (endog is not None or exog is not None):
        raise FormulaError(
            "instruments already says who is endogenous; give either it, or endog and exog."
        )
    names = Names()
    parsed = _equations(equations, names)
    lists = _instruments(instruments, parsed)
    chosen = {entry: named_terms(entry, columns, "exog") for entry in entries(exog, "exog")}
    known = {plain(equation.left): equation.role for equation in parsed}
    defined = read_identities(identities, known, names)
    declared = read_lags(lags, columns, names)
    if instruments is None:  # a declared lag is predetermined, whatever it reads
        chosen |= {lag.column: (term,) for lag, term in declared.items()}
    spec = Specification(
        parsed,
        tuple(names.terms(terms) for terms in lists),
        entries(endog, "endog"),
        {entry: names.terms(terms) for entry, terms in chosen.items()},
        defined,
        tuple(declared),
    )
    require_known(defined, replace(spec, identities=()).codes(), columns)
    check_lags(declared, [own.left for own in spec.definitions], spec.every_term)
    if "Intercept" in spec.codes():
        raise FormulaError(
            "A data column named 'Intercept' cannot stand in a formula: the constant has that "
            "name. Rename the column."
        )
    return spec


def _equations(equations: Equations, names: Names) -> tuple[Equation, ...]:
    if isinstance(equations, Mapping):
        named = [(_checked_label(label), text) for label, text in equations.items()]
    else:
        if not isinstance(equations, Iterable):
            raise FormulaError(
                f"Equations are a dict of label -> formula or a list of formulas, not "
                f"{type(equations).__name__}."
            )
        texts = [equations] if isinstance(equations, str) else list(equations)
        named = [("", text) for text in texts]
    if not named:
        raise FormulaError("There is no equation; give at least one formula.")
    parsed = []
    for number, (label, text) in enumerate(named, 1):
        where = f"Equation {label}" if label else f"Equation {number}"
        formula = parse(text, where)
        left = left_side(formula, where)
        if not formula.right:
            raise FormulaError(f"{where}: {text!r} has no regressor.")
        if plain(left) in {plain(term[0]) for term in formula.right if len(term) == 1}:
            raise FormulaError(
                f"{where}: the dependent {left} also stands on the right side; remove it there."
            )
        parsed.append(Equation(label or left, text, names.factor(left), names.terms(formula.right)))
    labels = [equation.label for equation in parsed]
    for label in labels:
        if labels.count(label) > 1:
            raise FormulaError(
                f"Two equations are named {label!r}; give a dict of label -> formula to tell "
                f"equations with the same dependent apart."
            )
    return tuple(parsed)


def _checked_label(label: object) -> str:
    if not isinstance(label, str) or not label.strip() or "[" in label or "]" in label:
        raise FormulaError(f"{label!r} cannot label an equation; use text without square brackets.")
    return label


def _instruments(given: Instruments, system: Sequence[Equation]) -> tuple[tuple[Term, ...], ...]:
    if given is None:
        return ()
    if isinstance(given, str):
        return (_instrument_list(given, "instruments"),)
    labels = [equation.label for equation in system]
    if isinstance(given, Mapping):
        for label in given:
            if label not in labels:
                raise FormulaError(
                    f"instruments names equation {label!r}, which does not exist."
                    f"{nearest(str(label), labels)}"
                )
        lacking = [label for label in labels if label not in given]
        if lacking:
            raise FormulaError(f"instruments has no formula for equation {listing(lacking)}.")
        texts = [given[label] for label in labels]
    elif not isinstance(given, Iterable):
        raise FormulaError(f"instruments is a formula or a dict of them, not {given!r}.")
    else:
        texts = list(given)
        if len(texts) != len(labels):
            raise FormulaError(
                f"instruments has {len(texts)} formulas for {len(labels)} equations; give one "
                f"for all, or a dict of label -> formula."
            )
        if not all("~" in str(text) for text in texts):
            raise FormulaError(
                f"A list of instruments holds one formula for each equation, as '~ z1 + z2', not "
                f"{listing(map(repr, texts))}. For all equations write one formula, as "
                f"'~ z1 + z2'."
            )
    pairs = zip(texts, labels, strict=True)
    return tuple(
        _instrument_list(text, f"Instruments of equation {label}") for text, label in pairs
    )


def _instrument_list(text: str, where: str) -> tuple[Term, ...]:
    formula = parse(text, where)
    if formula.left:
        raise FormulaError(f"{where}: write '~ z1 + z2', without a left side, not {text!r}.")
    if not formula.right:
        raise FormulaError(f"{where}: {text!r} names no instrument.")
    return formula.right
