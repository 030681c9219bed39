"""The contracts on an EVM in this process (pyrevm): every branch, and a state machine for the guarantees."""
