"""Who talks to people: commands, texts, buttons, pictures."""
