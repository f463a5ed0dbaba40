"""Draw the README's picture: python docs/_static/picture.py docs/_static/klein.png."""

import sys

from simeq import SystemEquations, datasets, plot

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
plot.plot_coefficients(results, columns=3).savefig(sys.argv[1], dpi=110, bbox_inches="tight")
