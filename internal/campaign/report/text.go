package report

const intro = `# Reliability

What happens to posts when processes die, replies are lost and clocks differ. The
figures below are from one run of the fault campaign (internal/campaign) against
the simulators of every platform. The judge is the simulators' ledger, which counts
what the public would see; what the client believes counts for nothing.

- **lost**: planned, and not public, and nobody was told why.
- **duplicated**: the same item public more than once, however briefly.
- **stuck**: not done within the bound, or with nothing that will wake it.
- **wrong**: reported as failed, yet public; or published under another name.
- **asked needlessly**: a person was asked although the guarantee class can tell, or
  although nothing had gone wrong.
- **asked a person**: needs-human deliveries by class, where nothing else can tell.

All but the last must be 0, or the campaign fails. "mastodon/gotosocial" and
"mastodon/pixelfed" are servers of Mastodon's API without keys, where everything is
read back. "facebook" publishes drafts by their id, "facebook/one-step" makes posts by
one request and reads them back; the latter has the forms that differ, since videos,
reels, stories, comments and messages go the same way on both. "instagram" has
Facebook's login, "instagram/own-login" Instagram's. "x" is an app of the Enterprise
tier whose accounts are subscribers. "blind (stand-in)" is no real platform: it stands
in for the class where nothing that was sent can be looked for, which of the others
only answers to mentions on Instagram and posts to communities of X have. Faults that
struck a run with several platforms are counted in the row of each.

An item is joined to what the public saw by its text. Stories and files in messages
have none: each has a file of its own, and the fingerprint of its bytes in the ledger
joins it. Where an account has two such items in public, a driver that was not
answered can know that its own is there and not which it is; that it then leaves out
the name is counted under the tables and is not wrong.

`

var explain = map[string]string{
	"steps": "The real scheduler, drivers and simulators in one process, on a clock that stands still until everybody waits. " +
		"Every store write and every request of a clean run is counted; then the run is repeated once for each of them and each thing " +
		"that can befall it: the worker gone before or after it, the store's error before or after its effect, the connection cut before " +
		"the effect, in the request, after the effect, in the reply (with the worker gone, and with it alive), 5xx before and after the effect, " +
		"a page in place of the answer, a request that arrives 45 s late, a refusal for want of quota. Where the vendor is known for it " +
		"(Instagram, Threads), a publication is public and answered with an error; where the vendor takes a thing once (these and X's posts), " +
		"it is sent twice on the way and the answer to the second comes back. Another worker takes over when the lease ends.",
	"histories": "Two to six posts of random forms on one or two platforms, one to four workers on one store, clocks that differ by up to a twentieth " +
		"of the lease (the bound that package scheduler states), leases of 5, 10 or 30 s. The bound of 3 hours runs from the last fault. " +
		"Two rows that one driver cannot serve at a time are not in one history. A seed and a number name a history; the order in which " +
		"goroutines of the same instant run is the runtime's, and not part of the seed.",
	"kills": "Worker processes with the store on SQLite and real sockets to simulators in another process, killed 0 to 35 ms after they are " +
		"ready (one of four) or after their first request that makes something public, each replaced at once. There are two stores: one with \"facebook\" and " +
		"\"instagram\", one with \"facebook/one-step\" and \"instagram/own-login\", both with all others. At the end a worker with a fast clock finishes what is left.",
	"freezes": "A worker process is stopped when its commit is about to leave, another takes over after the lease and finishes, and the first goes on. " +
		"Each class of each platform has its turn. Half of them send although their time is over, as the kernel does with what it was given before.",
	"powerloss": "The tests of smm/sqlitestore on a disk that keeps after a loss of power only what was synced; they have no platform.",
}

const foundIntro = `## Found while this was built

- A delivery that the platform refused for good (a dead token) while an earlier
  attempt was in doubt, and whose next read failed for another reason (a limit of
  requests), ended with the read's failure on record instead of "connect again".
  Found by histories, fixed in package smm, pinned by
  TestAReadThatFailsIsNotWhyItWasRefused.
- A post on Threads whose publication was answered "no such container" although it was
  public was published again every ten seconds without an end, and never on record: that
  answer was a refusal for now. Found by steps, fixed in platforms/threads, pinned by
  TestAnswersToAPublish and TestLieThroughTheFront.
- A video on Facebook failed for good after four processes had died in its upload, each
  between a chunk and the record of it. Found by kills; platforms/facebook now bears
  twelve, pinned by TestUploadOutlivesManyDeaths.
- Nothing else was lost or doubled by the product. What the campaign found at first was
  its own: a worker whose clock ran far ahead of the servers' took an item for older
  than the attempt that had made it, and sent it again. Drivers allow for 2 minutes,
  or 10 where they know the newest item before the attempt.

`

const bugsIntro = `## Bugs made on purpose

A campaign that cannot fail is worthless. Each of these mistakes is put around the
store, the engine's journal or the driver by a decorator, and the entries named find
it, in a small sample of what they run (TestBugsAreFound).

| bug | in | what | found by | as |
|---|---|---|---|---|
`

const outro = `
## What is not covered

- Real servers: simulators are written from documents, cassettes and the open
  network's own code, and may be wrong where these are.
- More than one machine: several processes on one file, and several workers on one
  store with clocks that differ, stand in for it. PostgreSQL has tests of its own.
- Crashes of the host's own code between deciding to publish and calling Schedule.
- Time jumps of a worker's clock beyond the stated bound.
- A process frozen in the middle of a commit can double a post on platforms of the
  classes read-back and blind. It is counted under freezes, and cannot be prevented.
- Forms that are handed to the server for later ("scheduled") are left out of the
  entries with processes, where no clock can be moved.
- Quotas of the simulators are out of the way; being throttled is one of the faults.
- Tokens that are renewed while posts are published: those of X do not run out here.
- A request that is repeated on the way and whose second copy is refused for its token:
  who is not let in has done nothing, as drivers see it.
- Whether X refuses the files of a request that it has had, as its simulator does; a
  request with files is not repeated on the way.
- X for apps of the self-serve tier, which lacks quotes and most replies; the forms that
  it has go the same way. Facebook's coloured backgrounds, places and targeting, which
  are parameters of forms that are here.
`
