"""Tests that read an estimate, on R wherever it can be; each says its null hypothesis in words."""
