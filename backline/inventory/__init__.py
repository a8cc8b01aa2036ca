"""Ansible-format hosts, groups, variables and patterns; every variable knows the file and the line that set it."""
