package blueskytest

import (
	"encoding/json"
	"strings"

	"github.com/smmkit/smmkit/internal/textx"
)

// checkRecord validates a record of a collection that the server knows, and
// its blobs. It answers "valid", or "unknown" for a collection that it does
// not know.
func (s *Server) checkRecord(a *account, collection, rkey string, v object, validate *bool) (string, error) {
	if !validRkey(rkey) {
		return "", invalid("Error: rkey must be a valid record key")
	}
	switch t, has := v["$type"]; {
	case !has:
		v["$type"] = collection
	case t != collection:
		return "", invalid("Invalid $type: expected %s, got %v", collection, t)
	}
	if err := s.checkBlobs(a, v); err != nil {
		return "", err
	}
	if validate != nil && !*validate {
		return "", nil
	}
	check, known := schemas[collection]
	if !known {
		if validate != nil {
			return "", invalid("Lexicon not found: lex:%s", collection)
		}
		return "unknown", nil
	}
	if problem := check(v); problem != "" {
		return "", invalid("Invalid %s record: %s", collection, problem)
	}
	return "valid", nil
}

var schemas = map[string]func(object) string{
	postType: checkPost,
	likeType: func(v object) string {
		return first(need(v, "subject", "createdAt"), checkRef(v, "subject"), checkDate(v))
	},
	repostType: func(v object) string {
		return first(need(v, "subject", "createdAt"), checkRef(v, "subject"), checkDate(v))
	},
	followType:   func(v object) string { return first(need(v, "subject", "createdAt"), checkDID(v), checkDate(v)) },
	blockType:    func(v object) string { return first(need(v, "subject", "createdAt"), checkDID(v), checkDate(v)) },
	gateType:     checkGate,
	postgateType: func(v object) string { return first(need(v, "post", "createdAt"), checkDate(v)) },
	profileType:  checkProfile,
}

func first(problems ...string) string {
	for _, p := range problems {
		if p != "" {
			return p
		}
	}
	return ""
}

func need(v object, keys ...string) string {
	for _, k := range keys {
		if _, ok := v[k]; !ok {
			return `Record must have the property "` + k + `"`
		}
	}
	return ""
}

func checkDate(v object) string {
	if !validDatetime(text(v, "createdAt")) {
		return "Record/createdAt must be an valid atproto datetime (both RFC-3339 and ISO-8601)"
	}
	return ""
}

func checkDID(v object) string {
	if !strings.HasPrefix(text(v, "subject"), "did:") {
		return "Record/subject must be a valid did"
	}
	return ""
}

func checkRef(v object, key string) string {
	ref := child(v, key)
	if _, _, _, ok := splitURI(text(ref, "uri")); !ok {
		return "Record/" + key + "/uri must be a valid at-uri"
	}
	if !validCID(text(ref, "cid")) {
		return "Record/" + key + "/cid must be a cid string"
	}
	return ""
}

func tooLong(v object, key string, graphemes, bytes int) string {
	switch t := text(v, key); {
	case len(t) > bytes:
		return "Record/" + key + " must not be longer than " + itoa(bytes) + " characters"
	case textx.Graphemes(t) > graphemes:
		return "Record/" + key + " must not be longer than " + itoa(graphemes) + " graphemes"
	}
	return ""
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func checkPost(v object) string {
	if _, ok := v["text"].(string); !ok {
		return `Record must have the property "text"`
	}
	problem := first(need(v, "createdAt"), checkDate(v), tooLong(v, "text", 300, 3000), checkFacets(v), checkEmbed(child(v, "embed")))
	if problem != "" {
		return problem
	}
	if langs, ok := v["langs"].([]any); ok && len(langs) > 3 {
		return "Record/langs must not have more than 3 elements"
	}
	if tags, ok := v["tags"].([]any); ok && len(tags) > 8 {
		return "Record/tags must not have more than 8 elements"
	}
	if labels := child(v, "labels"); labels != nil {
		if values, _ := labels["values"].([]any); len(values) > 10 {
			return "Record/labels/values must not have more than 10 elements"
		}
	}
	if reply := child(v, "reply"); reply != nil {
		return first(checkRef(reply, "root"), checkRef(reply, "parent"))
	}
	return ""
}

func checkFacets(v object) string {
	facets, _ := v["facets"].([]any)
	for i, f := range facets {
		o, _ := f.(object)
		index := child(o, "index")
		start, ok1 := number(index["byteStart"])
		end, ok2 := number(index["byteEnd"])
		features, _ := o["features"].([]any)
		if !ok1 || !ok2 || start < 0 || end < 0 || features == nil {
			return "Record/facets/" + itoa(i) + " must have index and features"
		}
		for _, x := range features {
			feature, _ := x.(object)
			if t := text(feature, "$type"); t == "app.bsky.richtext.facet#mention" && !strings.HasPrefix(text(feature, "did"), "did:") {
				return "Record/facets/" + itoa(i) + "/features/0/did must be a valid did"
			} else if t == "app.bsky.richtext.facet#link" && !strings.Contains(text(feature, "uri"), ":") {
				return "Record/facets/" + itoa(i) + "/features/0/uri must be a uri"
			}
		}
	}
	return ""
}

func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

func checkEmbed(e object) string {
	switch text(e, "$type") {
	case "app.bsky.embed.images":
		images, _ := e["images"].([]any)
		if images == nil || len(images) > 4 {
			return "Record/embed/images must not have more than 4 elements"
		}
		for i, x := range images {
			image, _ := x.(object)
			if _, ok := image["alt"].(string); !ok {
				return "Record/embed/images/" + itoa(i) + ` must have the property "alt"`
			}
		}
	case "app.bsky.embed.external":
		x := child(e, "external")
		for _, k := range []string{"uri", "title", "description"} {
			if _, ok := x[k].(string); !ok {
				return `Record/embed/external must have the property "` + k + `"`
			}
		}
	case "app.bsky.embed.record":
		return checkRef(e, "record")
	case "app.bsky.embed.recordWithMedia":
		return first(checkRef(child(e, "record"), "record"), checkEmbed(child(e, "media")))
	}
	return ""
}

func checkGate(v object) string {
	hidden, _ := v["hiddenReplies"].([]any)
	allow, _ := v["allow"].([]any)
	switch {
	case len(hidden) > 300:
		return "Record/hiddenReplies must not have more than 300 elements"
	case len(allow) > 5:
		return "Record/allow must not have more than 5 elements"
	}
	return first(need(v, "post", "createdAt"), checkDate(v))
}

func checkProfile(v object) string {
	return first(tooLong(v, "displayName", 64, 640), tooLong(v, "description", 256, 2560))
}

// blobRules bound the blobs by the place that they stand in.
var blobRules = map[string]struct {
	max    int
	accept []string
}{
	"image":  {2_000_000, []string{"image/"}},
	"thumb":  {1_000_000, []string{"image/"}},
	"video":  {300_000_000, []string{"video/mp4"}},
	"file":   {20_000, []string{"text/vtt"}},
	"avatar": {1_000_000, []string{"image/png", "image/jpeg"}},
	"banner": {1_000_000, []string{"image/png", "image/jpeg"}},
}

// checkBlobs refuses references to blobs that this account has not uploaded or
// that break the rule of their place.
func (s *Server) checkBlobs(a *account, v any) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := s.checkBlobs(a, x); err != nil {
				return err
			}
		}
	case object:
		for key, x := range v {
			if o, ok := x.(object); ok && text(o, "$type") == "blob" {
				if err := checkBlob(a, key, o); err != nil {
					return err
				}
				continue
			}
			if err := s.checkBlobs(a, x); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkBlob(a *account, place string, ref object) error {
	cid := text(child(ref, "ref"), "$link")
	b, ok := a.blobs[cid]
	if !ok {
		return fail(400, "BlobNotFound", "Could not find blob: %s", cid)
	}
	if b.mime != text(ref, "mimeType") {
		return fail(400, "InvalidMimeType", "Referenced Mimetype does not match stored blob. Expected: %s, Got: %s", b.mime, text(ref, "mimeType"))
	}
	rule, ok := blobRules[place]
	if !ok {
		return nil
	}
	if len(b.bytes) > rule.max {
		return fail(400, "BlobTooLarge", "This file is too large. It is %d bytes but the maximum size is %d bytes.", len(b.bytes), rule.max)
	}
	for _, prefix := range rule.accept {
		if strings.HasPrefix(b.mime, prefix) {
			return nil
		}
	}
	return fail(400, "InvalidMimeType", "Wrong mimetype of file. It is %s but it must match %s.", b.mime, strings.Join(rule.accept, ", "))
}
