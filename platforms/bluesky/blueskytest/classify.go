package blueskytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

// classify names a request for the fault script. Whether a write to a
// repository makes something visible depends on its body: posts do, a threadgate
// for a post that is not there yet is preparation, everything else is a write.
func classify(r *http.Request) sim.Op {
	nsid, ok := strings.CutPrefix(r.URL.Path, "/xrpc/")
	if name, is := oauthOp(r.URL.Path); is {
		return sim.Op{Platform: platform, Name: name, Class: sim.Auth}
	}
	if !ok {
		return sim.Op{Platform: platform, Name: r.Method + " " + r.URL.Path, Class: sim.Read}
	}
	op := sim.Op{Platform: platform, Name: nsid, Class: sim.Read}
	if m, found := classes[nsid]; found {
		op.Class = m
	}
	switch nsid {
	case "com.atproto.repo.createRecord", "com.atproto.repo.putRecord", "com.atproto.repo.applyWrites":
		if writesPost(peek(r)) {
			op.Class = sim.Commit
		}
	}
	return op
}

var classes = map[string]sim.Class{
	"com.atproto.server.createSession":     sim.Auth,
	"com.atproto.server.refreshSession":    sim.Auth,
	"com.atproto.server.deleteSession":     sim.Auth,
	"com.atproto.server.getServiceAuth":    sim.Auth,
	"com.atproto.repo.uploadBlob":          sim.Prepare,
	"app.bsky.video.uploadVideo":           sim.Prepare,
	"com.atproto.repo.createRecord":        sim.Write,
	"com.atproto.repo.putRecord":           sim.Write,
	"com.atproto.repo.deleteRecord":        sim.Write,
	"com.atproto.repo.applyWrites":         sim.Write,
	"com.atproto.moderation.createReport":  sim.Write,
	"app.bsky.graph.muteActor":             sim.Write,
	"app.bsky.graph.unmuteActor":           sim.Write,
	"app.bsky.notification.updateSeen":     sim.Write,
	"chat.bsky.convo.sendMessage":          sim.Commit,
	"chat.bsky.convo.updateRead":           sim.Write,
	"chat.bsky.convo.deleteMessageForSelf": sim.Write,
	"chat.bsky.convo.acceptConvo":          sim.Write,
	"app.bsky.bookmark.createBookmark":     sim.Write,
	"app.bsky.bookmark.deleteBookmark":     sim.Write,
}

// peek reads a JSON body and puts it back. A body that breaks off is left as
// far as it came.
func peek(r *http.Request) []byte {
	b, _ := io.ReadAll(io.LimitReader(r.Body, maxJSON+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(b), r.Body), r.Body}
	return b
}

func writesPost(body []byte) bool {
	var in struct {
		Collection string
		Writes     []struct{ Collection string }
	}
	if json.Unmarshal(body, &in) != nil {
		return false
	}
	for _, w := range in.Writes {
		if w.Collection == postType {
			return true
		}
	}
	return in.Collection == postType
}
