"""Data that come with the package, with their source; each call gives a frame of its own."""

from coupling.data.us_states import load_us_states
