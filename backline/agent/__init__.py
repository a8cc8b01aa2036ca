"""The short-lived process on a host: its loop, its wire, its guard; runs on hosts, so the standard library alone."""
