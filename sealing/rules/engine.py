"""The engine's version, frozen into every seal: a change of what is written into a sealed file changes it."""

ENGINE_VERSIONS = {"pades": "pades-1", "asice": "asice-1", "cades": "cades-1"}
"""By format."""
