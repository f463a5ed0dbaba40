"""Klein's Model I in words: equations, instruments, accounting identities, declared lags."""

from __future__ import annotations

EQUATIONS = {
    "consumption": "consump ~ corpProf + corpProfLag + wages",
    "investment": "invest ~ corpProf + corpProfLag + capitalLag",
    "private_wages": "privWage ~ gnp + gnpLag + trend",
}
INSTRUMENTS = "~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag"

#: What closes the model, as text and as weights.
IDENTITIES = [
    "gnp = consump + invest + govExp",
    "corpProf = gnp - taxes - privWage",
    "wages = privWage + govWage",
]
WEIGHTS = {
    "gnp": {"consump": 1.0, "invest": 1.0, "govExp": 1.0},
    "corpProf": {"gnp": 1.0, "taxes": -1.0, "privWage": -1.0},
    "wages": {"privWage": 1.0, "govWage": 1.0},
}

#: What makes it dynamic: capital beside the others.
DYNAMIC_IDENTITIES = [*IDENTITIES, "capital = capitalLag + invest"]
DYNAMIC_WEIGHTS = WEIGHTS | {"capital": {"capitalLag": 1.0, "invest": 1.0}}
LAGS = {"gnpLag": "gnp", "corpProfLag": "corpProf", "capitalLag": "capital"}
