"""Havoc: real `fec serve` and `fec index run` processes beside a real chain, killed at random instants.

    python -m tests.service.havoc --kills 300 --seed 7 --backend postgresql --instances 2

Customers buy, pay without gas and have some of it refunded, while a weather of faults goes over it: the endpoint loses,
delays, garbles and reorders answers, the chain takes other branches up to 64 blocks deep, endpoints of webhooks fail.
Then it is quiet, and everything has to add up, to the wei (`verdict.py`). The seed says what is drawn; which instant of
the processes a drawn pause hits is for the machine to say, so that a seed is run again for more of the same, not for
the very same.
"""
