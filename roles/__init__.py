"""What a server needs, one module a role: variables in, resources and programs out, and nothing looked at or done."""
