"""What IAM policies of the lake must allow, by what is called, held to a published list."""
