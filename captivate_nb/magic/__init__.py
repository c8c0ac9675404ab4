"""`%captivate`: its subcommands, their arguments, completion and credentials."""
