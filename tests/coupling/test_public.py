"""What a user may import, and from where."""

from importlib import import_module

import pytest

import coupling


def test_dir_shows_public_names_only():
    assert dir(coupling) == sorted(coupling.__all__)


def test_every_public_name_is_there():
    for name in coupling.__all__:
        assert getattr(coupling, name) is not None


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("coupling.tables", ["Report", "Table"]),
        ("coupling.reading", ["read_file"]),
        ("coupling.plot", ["index_trends", "degree_heatmap", "obstacle_bars"]),
    ],
)
def test_names_that_the_reference_lists_by_their_module(path, names):
    module = import_module(path)
    for name in names:
        assert callable(getattr(module, name))
