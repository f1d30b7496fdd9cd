"""The pages of the books: a month, its vouchers, accounts and sheets."""
