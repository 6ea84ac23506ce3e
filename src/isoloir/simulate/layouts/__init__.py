"""The fictional country in the official layouts: one writer per publisher, each fed one département after another."""
