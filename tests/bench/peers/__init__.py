"""The same requests to ours, to the peers and to the engines alone, side by side in one run.

`rows` has what is measured, one module for each service; `servers` what is asked, `load` who asks.
"""
