"""FEC: loyalty coupons that pay back. The Python package: curve, client, command line."""
