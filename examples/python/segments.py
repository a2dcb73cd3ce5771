"""Which kinds of customers are there, who is between two of them, and who deserves which offer?

    python examples/python/segments.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
"""
