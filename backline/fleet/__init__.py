"""Sessions on many hosts: one step on all of them at once, and what becomes of the run when one fails."""
