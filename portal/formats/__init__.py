"""How numbers are written where Django differs from the languages of our readers."""
