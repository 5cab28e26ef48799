package lexicon

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Request is what a client sends to a method.
type Request struct {
	NSID        string
	Verb        string
	Query       url.Values
	ContentType string
	Body        []byte
}

// Answer is what a server says.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
}

// Request checks what a client sends: verb, parameters, encoding, body, and that
// a record fits the collection that it is written to.
func (c *Catalog) Request(r Request) []Problem {
	k := &checker{catalog: c}
	def := k.method(r.NSID)
	if def == nil {
		return k.found
	}
	if want := map[string]string{"query": http.MethodGet, "procedure": http.MethodPost}[def.Type]; r.Verb != want {
		k.add(r.NSID, "sent with %s, want %s", r.Verb, want)
	}
	k.params(r.NSID, def.Parameters, r.NSID+" parameters", r.Query)
	if v, ok := k.body(r.NSID, def.Input, r.NSID+" input", r.ContentType, r.Body); ok {
		k.collections(r.NSID+" input", v)
	}
	return k.found
}

// Answer checks what a server answers: the output for 200, an error otherwise.
func (c *Catalog) Answer(nsid string, a Answer) []Problem {
	k := &checker{catalog: c}
	def := k.method(nsid)
	switch {
	case def == nil:
	case a.Status == http.StatusOK:
		k.body(nsid, def.Output, nsid+" output", a.ContentType, a.Body)
	case a.Status < 400:
		k.add(nsid, "status %d", a.Status)
	default:
		k.errorBody(nsid, def, a)
	}
	return k.found
}

func (k *checker) method(nsid string) *Def {
	def := k.catalog.defs[nsid+"#main"]
	if def == nil || def.Type != "query" && def.Type != "procedure" {
		k.add(nsid, "no such method")
		return nil
	}
	return def
}

// body checks a message and returns it if it is JSON.
func (k *checker) body(nsid string, want *Body, path, contentType string, body []byte) (any, bool) {
	switch {
	case want == nil && len(body) == 0:
		return nil, false
	case want == nil:
		k.add(path, "a body where the lexicon has none")
		return nil, false
	case !accepts(want.Encoding, contentType):
		k.add(path, "content type %s, want %s", show(contentType), want.Encoding)
		return nil, false
	case want.Schema == nil: // bytes
		if len(body) == 0 {
			k.add(path, "empty")
		}
		return nil, false
	}
	v, err := Decode(body)
	if err != nil {
		k.add(path, "%v", err)
		return nil, false
	}
	k.check(nsid, want.Schema, path, v)
	return v, true
}

// collections checks that records are written where they belong: the methods of
// com.atproto.repo name a collection beside the record.
func (k *checker) collections(path string, v any) {
	o, _ := v.(map[string]any)
	writes, _ := o["writes"].([]any)
	for _, x := range append(writes, v) {
		w, _ := x.(map[string]any)
		collection, has := w["collection"]
		for _, name := range []string{"record", "value"} {
			if record, is := w[name].(map[string]any); is && has && record["$type"] != collection {
				k.add(path, "a record of $type %s for the collection %s", show(record["$type"]), show(collection))
			}
		}
	}
}

// general are the errors that any method may give, by the XRPC specification,
// and those that the reference server adds to them.
var general = []string{
	"InvalidRequest", "ExpiredToken", "InvalidToken", // https://atproto.com/specs/xrpc#error-responses
	"AuthenticationRequired", "Forbidden", "XRPCNotSupported", "PayloadTooLarge", "UnsupportedMediaType",
	"RateLimitExceeded", "InternalServerError", "MethodNotImplemented", "UpstreamFailure", "NotEnoughResources",
	"UpstreamTimeout",                                                     // the response types of @atproto/xrpc
	"AuthMissing", "AccountTakedown", "AccountDeactivated", "InvalidSwap", // @atproto/pds
}

// errorBody checks {"error": Name, "message": text}. In an exact catalog the
// name must be one that the method declares, or a general one.
func (k *checker) errorBody(nsid string, def *Def, a Answer) {
	path := nsid + " error"
	if !accepts("application/json", a.ContentType) {
		k.add(path, "content type %s", show(a.ContentType))
		return
	}
	v, err := Decode(a.Body)
	if err != nil {
		k.add(path, "%v", err)
		return
	}
	k.check(nsid, errorDef, path, v)
	o, _ := v.(map[string]any)
	name, _ := o["error"].(string)
	declared := slices.ContainsFunc(def.Errors, func(e Error) bool { return e.Name == name })
	if k.catalog.exact && !declared && !slices.Contains(general, name) {
		k.add(path, "%s is not declared", show(name))
	}
	if strings.ContainsAny(name, " \t\n") {
		k.add(path, "%s is a text and no name", show(name))
	}
}

var errorDef = &Def{
	Type: "object", Required: []string{"error"},
	Properties: map[string]*Def{"error": {Type: "string"}, "message": {Type: "string"}},
}
