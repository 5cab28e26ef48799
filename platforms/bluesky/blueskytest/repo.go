package blueskytest

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	postType     = "app.bsky.feed.post"
	likeType     = "app.bsky.feed.like"
	repostType   = "app.bsky.feed.repost"
	followType   = "app.bsky.graph.follow"
	blockType    = "app.bsky.graph.block"
	gateType     = "app.bsky.feed.threadgate"
	postgateType = "app.bsky.feed.postgate"
	profileType  = "app.bsky.actor.profile"
)

type commitMeta struct {
	CID string `json:"cid"`
	Rev string `json:"rev"`
}

type writeOut struct {
	URI    string      `json:"uri"`
	CID    string      `json:"cid"`
	Commit *commitMeta `json:"commit,omitempty"`
	Status string      `json:"validationStatus,omitempty"`
}

func (a *account) find(collection, rkey string) *record { return a.records[collection][rkey] }

// put writes a record and tells the app view.
func (s *Server) put(a *account, collection, rkey string, value object) *record {
	if a.records[collection] == nil {
		a.records[collection] = make(map[string]*record)
	}
	old := a.records[collection][rkey]
	r := &record{uri: atURI(a.did, collection, rkey), collection: collection, rkey: rkey, cid: recordCID(value), value: value}
	a.records[collection][rkey] = r
	a.rev = s.tid()
	s.publish(a, old, r)
	s.later(func() { s.indexRecord(a, old, r) })
	return r
}

func (s *Server) remove(a *account, collection, rkey string) bool {
	old := a.find(collection, rkey)
	if old == nil {
		return false
	}
	delete(a.records[collection], rkey)
	a.rev = s.tid()
	s.publish(a, old, nil)
	s.later(func() { s.indexRecord(a, old, nil) })
	return true
}

func (a *account) commit() *commitMeta {
	return &commitMeta{CID: cidOf(codecCBOR, []byte(a.did+a.rev)), Rev: a.rev}
}

// own checks that the request is about the caller's repository.
func (c *call) own(repo string) error {
	a := c.s.lookup(repo)
	if a == nil {
		return invalid("Could not find repo: %s", repo)
	}
	if a != c.me {
		return fail(401, "AuthenticationRequired", "Authentication Required")
	}
	return nil
}

type writeIn struct {
	Repo       string
	Collection string
	Rkey       string
	Validate   *bool
	Record     object
	SwapRecord nullable
	SwapCommit string
}

func (c *call) checkWrite(in *writeIn) (status string, err error) {
	if err := c.own(in.Repo); err != nil {
		return "", err
	}
	if !validNSID(in.Collection) {
		return "", invalid("Error: collection must be a valid nsid")
	}
	if in.Record == nil {
		return "", invalid(`Error: Input must have the property "record"`)
	}
	if in.SwapCommit != "" && in.SwapCommit != c.me.commit().CID {
		return "", fail(400, "InvalidSwap", "Commit was at %s", c.me.commit().CID)
	}
	return c.s.checkRecord(c.me, in.Collection, in.Rkey, in.Record, in.Validate)
}

func (c *call) createRecord() (any, error) {
	var in writeIn
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.s.spendWrites(c, 3); err != nil {
		return nil, err
	}
	if in.Rkey == "" {
		in.Rkey = c.s.tid()
	}
	status, err := c.checkWrite(&in)
	if err != nil {
		return nil, err
	}
	if c.me.find(in.Collection, in.Rkey) != nil {
		return nil, errTaken
	}
	r := c.s.put(c.me, in.Collection, in.Rkey, in.Record)
	return writeOut{r.uri, r.cid, c.me.commit(), status}, nil
}

// errTaken is what the reference PDS makes of a create on a key that exists.
var errTaken = fail(http.StatusInternalServerError, "InternalServerError", "Internal Server Error")

func (c *call) putRecord() (any, error) {
	var in writeIn
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.s.spendWrites(c, 2); err != nil {
		return nil, err
	}
	status, err := c.checkWrite(&in)
	if err != nil {
		return nil, err
	}
	old := c.me.find(in.Collection, in.Rkey)
	if old != nil && old.cid == recordCID(in.Record) {
		return writeOut{old.uri, old.cid, nil, status}, nil
	}
	if in.SwapRecord.set && in.SwapRecord.cid != old.currentCID() {
		return nil, fail(400, "InvalidSwap", "Record was at %s", cidOrNull(old))
	}
	r := c.s.put(c.me, in.Collection, in.Rkey, in.Record)
	return writeOut{r.uri, r.cid, c.me.commit(), status}, nil
}

func cidOrNull(r *record) string { return cmp.Or(r.currentCID(), "null") }

// currentCID returns "" for a record that does not exist.
func (r *record) currentCID() string {
	if r == nil {
		return ""
	}
	return r.cid
}

// nullable tells an absent field from null and from a CID.
type nullable struct {
	set bool
	cid string
}

func (v *nullable) UnmarshalJSON(b []byte) error {
	v.set = true
	if s := string(b); s != "null" {
		v.cid = strings.Trim(s, `"`)
	}
	return nil
}

func (c *call) deleteRecord() (any, error) {
	var in struct {
		Repo, Collection, Rkey string
		SwapRecord             string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.s.spendWrites(c, 1); err != nil {
		return nil, err
	}
	if err := c.own(in.Repo); err != nil {
		return nil, err
	}
	if r := c.me.find(in.Collection, in.Rkey); r != nil && in.SwapRecord != "" && in.SwapRecord != r.cid {
		return nil, fail(400, "InvalidSwap", "Record was at %s", r.cid)
	}
	if !c.s.remove(c.me, in.Collection, in.Rkey) {
		return object{}, nil
	}
	return object{"commit": c.me.commit()}, nil
}

func (c *call) getRecord() (any, error) {
	collection, rkey := c.query("collection"), c.query("rkey")
	a := c.s.lookup(c.query("repo"))
	if a == nil {
		return nil, invalid("Could not find repo: %s", c.query("repo"))
	}
	r := a.find(collection, rkey)
	if r == nil || (c.query("cid") != "" && c.query("cid") != r.cid) {
		return nil, fail(400, "RecordNotFound", "Could not locate record: %s", atURI(a.did, collection, rkey))
	}
	return recordOut{r.uri, r.cid, r.value}, nil
}

type recordOut struct {
	URI   string `json:"uri"`
	CID   string `json:"cid"`
	Value object `json:"value"`
}

func (c *call) listRecords() (any, error) {
	a := c.s.lookup(c.query("repo"))
	if a == nil {
		return nil, invalid("Could not find repo: %s", c.query("repo"))
	}
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	all := a.records[c.query("collection")]
	keys := slices.Sorted(maps.Keys(all))
	reverse := c.query("reverse") == "true"
	if !reverse {
		slices.Reverse(keys)
	}
	out := struct {
		Cursor  string      `json:"cursor,omitempty"`
		Records []recordOut `json:"records"`
	}{Records: []recordOut{}}
	cursor := c.query("cursor")
	for _, k := range keys {
		if cursor != "" && (!reverse && k >= cursor || reverse && k <= cursor) {
			continue
		}
		if len(out.Records) == limit {
			break
		}
		r := all[k]
		out.Records = append(out.Records, recordOut{r.uri, r.cid, r.value})
		out.Cursor = k
	}
	return out, nil
}

type blobRef struct {
	Type string `json:"$type"`
	Ref  struct {
		Link string `json:"$link"`
	} `json:"ref"`
	MimeType string `json:"mimeType"`
	Size     int    `json:"size"`
}

func (s *Server) store(a *account, b blob) blobRef {
	cid := cidOf(codecRaw, b.bytes)
	a.blobs[cid] = b
	out := blobRef{Type: "blob", MimeType: b.mime, Size: len(b.bytes)}
	out.Ref.Link = cid
	return out
}

func (c *call) uploadBlob() (any, error) {
	b, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, invalid("could not read the body")
	}
	declared := c.r.Header.Get("Content-Type")
	if declared == "" {
		return nil, invalid("Request encoding (Content-Type) required but not provided")
	}
	mime := declared
	if sniffed := sniff(b); sniffed != "" {
		mime = sniffed
	}
	return object{"blob": c.s.store(c.me, blob{mime, b})}, nil
}

// sniff tells the type of the media that posts carry; what it does not know
// keeps the type it was declared with, as in the reference implementation.
func sniff(b []byte) string {
	if len(b) >= 12 && string(b[4:8]) == "ftyp" {
		if string(b[8:12]) == "qt  " {
			return "video/quicktime"
		}
		return "video/mp4"
	}
	switch t := http.DetectContentType(b); {
	case strings.HasPrefix(t, "image/"), t == "video/webm":
		return t
	}
	return ""
}
