"""How a Glue job is started on Spark; what runs inside the job stands in `runtime`."""
