"""One module a family of commands: words in, words out."""
