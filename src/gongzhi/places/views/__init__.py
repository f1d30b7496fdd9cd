"""The pages of the network: what is where and what it was, and the forms that change it."""
