"""The live page and its JSON API: what stands now, the last 24 hours and the last 30 days, for people without Grafana.

history  what each vantage said in each hour of the last 30 days
agree    from what vantages say to what is said of a network, and how sure that is
state    the board: everything the page and the API show, as plain records
series   the answer of /api/v1/history
openapi  the description of the API, made from the records (`make openapi` writes openapi.json)
words    the texts in Kazakh, Russian and English
page     the board as HTML
routes   the HTTP side
"""
