"""One module per format: `SUFFIX` (the file name's end) and `export(draft) -> bytes`.

The module's name is the format's name. Other packages add formats by an entry point of the group
"incidentbot.postmortem.exporters".
"""
