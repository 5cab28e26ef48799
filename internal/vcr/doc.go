// Package vcr replays recorded HTTP exchanges in tests, and records them
// without their secrets.
//
//	rec := vcr.Open(t, "testdata/post_create",
//		vcr.RecordedFrom("mastodon", "4.4.1"), vcr.SecretValues(token))
//	client := rec.Client()
//
// A cassette is <name>.yaml with <name>.provenance.json beside it, which says
// whether it is a recording (server, version, date, digest of the file) or was
// written from documentation (link, date); see [Provenance]. Replay is the
// rule. With SMMKIT_RECORD=1 the cassettes whose tests use [RecordedFrom] are
// recorded anew.
//
// A request matches when method, URL (the order of query parameters aside) and
// body are equal: JSON regardless of key order, forms regardless of field
// order, multipart regardless of the boundary, anything else by SHA-256. Both
// sides are scrubbed first, so a replay may use other secrets than the
// recording did. Equal requests are answered in the order of recording, each
// answer once. A request without an answer is an [*UnmatchedError]; exchanges
// that were never asked for fail the test at its end.
//
// A cassette by hand has, at least:
//
//	interactions:
//	- request:
//	    method: POST
//	    url: https://api.example.com/v1/posts
//	    headers: {Content-Type: [application/json]}
//	    body: '{"text": "hello"}'
//	  response:
//	    code: 201
//	    headers: {Content-Type: [application/json]}
//	    body: '{"id": "1"}'
//
// [CheckFixtures] is the gate for everything under testdata, however it came
// there.
//
// # Design notes
//
// Only go-vcr's cassette package is used, and only in store.go. Its recorder
// matches on method and URL alone, writes Authorization in clear, turns to
// recording when the file is missing, sleeps for the recorded duration and
// cannot say what was left unused; working around each costs more than the
// hundred lines here, and the file format is what one would want to keep.
//
// Provenance is a sidecar, not a comment in the cassette, because go-vcr's
// format has no field for it and rewriting the file would drop comments. The
// digest makes the claim checkable: an edited recording no longer opens as one.
//
// Scrubbing is three nets: headers by allow-list, named fields by name, and
// every remaining string by shape. Then the finished file is searched once
// more, and is not written if anything is left. Scrubbing is a pure function of
// the text, with no numbering of distinct secrets: a stateful one would make
// replay depend on the order of requests. The price is that two cursors of
// random characters become equal; their answers still come in order.
package vcr
