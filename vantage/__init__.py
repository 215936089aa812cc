"""The volunteer's side: consent, when to measure and how much, is this device fit, sending.

consent, line                      what the person agreed to, and said of the line
cadence, budget, conditions        when to measure, what a day may cost, what speaks against it now
doctor, facts, online              is this device fit? checks, and what they look at
network                            which network this is: known again, never written down
service                            files that let the system run it
upload/                            results to the operator of an invite
"""
