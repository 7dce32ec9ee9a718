"""The rule types of DQDL: what each looks at in the data, and when it holds."""
