"""Systems of simultaneous equations from formula strings."""

from simeq._version import __version__

__all__ = ["__version__"]
