"""The bench: one piece of work done by Backline and by what people use today, on the same host in the same run."""
