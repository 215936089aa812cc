"""The volunteer's page in the browser: `efir ui`.

`markup` and `pages` render and know no server; `guard` decides who may ask; `work` measures in the background; `site`,
`views` (what a page shows) and `actions` (what a form does) join them to what the commands use; `server` is the HTTP
side.
"""
