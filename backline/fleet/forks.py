"""How many hosts are worked on at once where nobody says."""

FORKS = 32
