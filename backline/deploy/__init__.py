"""The runbook and its steps: what a deploy, a rollback and a restart do, in which order, and how each is undone."""
