"""The engine's version, frozen into every seal: a change of what is written into a sealed file changes it."""

ENGINE_VERSION = "pades-1"
