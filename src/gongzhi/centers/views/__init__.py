"""The pages of the support centers: public, bookings, and the desk of those who run them."""
