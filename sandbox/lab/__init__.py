"""The laboratory: experiments with load balancers that are played, measured and reported on one machine.

`python -m sandbox.lab` runs one: `stage` starts a sandbox and the three services, an experiment plays on a `scene`,
`findings` turns what was seen into numbers and verdicts, `report` writes them down for a person.
"""
