"""What the runbook asks of one host, one action a file; each is performed by the agent."""
