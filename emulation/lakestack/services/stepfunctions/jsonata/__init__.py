"""JSONata of state machines, evaluated in this process.

AWS Step Functions Developer Guide, "Transforming data with JSONata in Step Functions".
"""
