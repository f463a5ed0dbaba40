"""Draw the README's picture: python docs/picture.py docs/_static/klein.png."""

import sys

from simeq import SystemEquations, datasets
from simeq.plot import pictures as plot


def draw(target: str) -> None:
    """Klein's Model I by three estimators, coefficients with their 95 % intervals."""
    model = SystemEquations(
        {
            "consumption": "consump ~ corpProf + corpProfLag + wages",
            "investment": "invest ~ corpProf + corpProfLag + capitalLag",
            "private_wages": "privWage ~ gnp + gnpLag + trend",
        },
        datasets.load_klein(),
        instruments="~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag",
    )
    results = {"OLS": model.fit("ols"), "2SLS": model.fit("2sls"), "3SLS": model.fit("3sls")}
    figure = plot.plot_coefficients(results, columns=3)
    figure.savefig(target, dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    draw(sys.argv[1])
