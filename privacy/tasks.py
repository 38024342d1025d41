"""Privacy's scheduled and queued work. Each task may run twice, late and in any order."""
