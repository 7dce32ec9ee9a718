"""Read Glue scripts and their jobs' definitions, and say what of them runs here.

Nothing is executed. What becomes of each call, option, format, connection type, module and
parameter is looked up in the tables that the code itself uses: `awsglue.coverage`,
`awsglue.options` and `special_parameters`.
"""
