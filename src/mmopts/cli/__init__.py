"""The command line: a small file per command. Parsing and printing only; nothing here knows medicine."""
