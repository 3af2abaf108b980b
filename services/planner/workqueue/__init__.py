"""What is worked on next: a fair queue of keys with lanes, delays and backoff.

It keeps the promises of client-go's workqueue: *fair* (within a lane, keys are handed out in the order in which they
were added), *stingy* (a key is never processed twice at once, and added any number of times before it is handed out it
is processed once), *re-add while processing* (leads to a second run once the first has ended), and *shutdown* (nothing
is added any more; what is queued can be drained, or left).

Layers: `queue` (lanes), `delays` (time), `backoff` (failures), put together by `workqueue`; `gate` lets asyncio workers
wait for it. Everything but `gate` is plain logic whose clock is handed in.
"""
