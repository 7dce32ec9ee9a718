"""What services show of resources that stacks have made, against what their templates say."""
