"""The sandbox: a throw-away host on this machine, reached over real SSH, for people who have none. Linux only."""
