"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

python3 -m venv oldest
python3 tests/oldest.py > oldest/versions.txt
oldest/bin/python -m pip install -e ".[test]" -c oldest/versions.txt
oldest/bin/python -m pytest
"""

import re
import tomllib
from pathlib import Path


def oldest() -> list[str]:
    """Return ``name==version`` for each dependency with a lower bound."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"]]
    for extra in ("plots", "excel", "parquet", "test"):
        wanted += extras[extra]
    found = [re.fullmatch(r"([\w-]+)>=([\w.]+)", requirement) for requirement in wanted]
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    print("\n".join(oldest()))
