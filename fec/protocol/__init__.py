"""What the contracts take, return and refuse, as Python values; what people sign; the shipped ABIs. No chain needed."""
