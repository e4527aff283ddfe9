"""What `label-audit` does beside the audit of a file: one module per word.

Each has a `SUMMARY` of one line, a `DESCRIPTION`, an `EPILOG`, `add_arguments(parser)` and
`run(arguments)`, which raises `InputError` where the user has to change something. They are listed
in `label_auditor.cli`.
"""
