package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// DefaultPLC is the directory of did:plc identifiers.
const DefaultPLC = "https://plc.directory"

// Identity is an account as the network knows it.
type Identity struct {
	DID    string
	Handle string // "" if the DID document and the handle do not name each other
	PDS    string // base URL of the account's server
}

// Options of a Resolver. The zero value asks the public network.
type Options struct {
	// Guard fetches what strangers name. nil means a strict one: https to public
	// addresses.
	Guard *safehttp.Guard
	// LookupTXT replaces net.DefaultResolver.LookupTXT.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	// PLC replaces DefaultPLC.
	PLC string
}

// Resolver finds accounts. It is safe for concurrent use and keeps nothing.
type Resolver struct {
	guard *safehttp.Guard
	txt   func(ctx context.Context, name string) ([]string, error)
	plc   string
}

// NewResolver returns a Resolver.
func NewResolver(o Options) (*Resolver, error) {
	r := &Resolver{guard: o.Guard, txt: o.LookupTXT, plc: strings.TrimSuffix(o.PLC, "/")}
	if r.guard == nil {
		g, err := safehttp.New(safehttp.Options{MaxBytes: 256 << 10, UserAgent: "smmkit"})
		if err != nil {
			return nil, err
		}
		r.guard = g
	}
	if r.txt == nil {
		r.txt = net.DefaultResolver.LookupTXT
	}
	if r.plc == "" {
		r.plc = DefaultPLC
	}
	return r, nil
}

// Resolve finds the account that a handle or DID names, and its server. A name
// that nobody has gives an error that matches smm.ErrNotFound, a network that
// does not answer smm.ErrUnavailable.
func (r *Resolver) Resolve(ctx context.Context, identifier string) (Identity, error) {
	handle, did := "", identifier
	if !IsDID(identifier) {
		handle = strings.ToLower(strings.TrimPrefix(identifier, "@"))
		var err error
		if did, err = r.ResolveHandle(ctx, handle); err != nil {
			return Identity{}, err
		}
	}
	doc, err := r.document(ctx, did)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{DID: did, PDS: doc.PDS()}
	if id.PDS == "" {
		return Identity{}, fmt.Errorf("%w: the DID document of %s names no server", smm.ErrNotFound, did)
	}
	claimed := doc.Handle()
	if handle != "" && claimed == handle {
		id.Handle = handle
	}
	if handle == "" && claimed != "" {
		if back, err := r.ResolveHandle(ctx, claimed); err == nil && back == did {
			id.Handle = claimed
		}
	}
	return id, nil
}

// ResolveHandle finds the DID that a handle points to: by the TXT record
// _atproto.<handle>, or by https://<handle>/.well-known/atproto-did. It does not
// check that the DID points back; Resolve does.
func (r *Resolver) ResolveHandle(ctx context.Context, handle string) (string, error) {
	if !IsHandle(handle) {
		return "", fmt.Errorf("%w: %.100q is not a handle: want a domain name such as user.bsky.social", smm.ErrInvalid, handle)
	}
	records, txtErr := r.txt(ctx, "_atproto."+handle)
	found := ""
	for _, t := range records {
		if did, ok := strings.CutPrefix(t, "did="); ok && IsDID(did) {
			if found != "" && found != did {
				return "", fmt.Errorf("%w: %s names two accounts", smm.ErrNotFound, handle)
			}
			found = did
		}
	}
	if found != "" {
		return found, nil
	}
	resp, err := r.guard.Fetch(ctx, "https://"+handle+"/.well-known/atproto-did")
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if notFound(txtErr) {
			return "", fmt.Errorf("%w: handle %s: no TXT record, and its web server does not answer: %w", smm.ErrNotFound, handle, safehttp.Redact(err))
		}
		return "", fmt.Errorf("%w: handle %s: %w", smm.ErrUnavailable, handle, safehttp.Redact(err))
	}
	did := strings.TrimSpace(string(resp.Body))
	switch {
	case resp.Status >= 500:
		return "", fmt.Errorf("%w: handle %s: status %d", smm.ErrUnavailable, handle, resp.Status)
	case resp.Status != http.StatusOK || !IsDID(did):
		return "", fmt.Errorf("%w: handle %s points to no account", smm.ErrNotFound, handle)
	}
	return did, nil
}

func notFound(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return err == nil || ok && dns.IsNotFound
}

func (r *Resolver) document(ctx context.Context, did string) (Document, error) {
	address := r.plc + "/" + did
	if host, ok := strings.CutPrefix(did, "did:web:"); ok {
		name, err := url.PathUnescape(host)
		if err != nil || strings.ContainsAny(name, "/?#@:") { // ports are for tests only, see the specification
			return Document{}, fmt.Errorf("%w: %s is not a did:web of this protocol", smm.ErrInvalid, did)
		}
		address = "https://" + name + "/.well-known/did.json"
	} else if !strings.HasPrefix(did, "did:plc:") {
		return Document{}, fmt.Errorf("%w: %s: only did:plc and did:web are in use", smm.ErrInvalid, did)
	}
	resp, err := r.guard.Fetch(ctx, address)
	if err != nil {
		return Document{}, fmt.Errorf("%w: DID document of %s: %w", smm.ErrUnavailable, did, safehttp.Redact(err))
	}
	switch {
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusGone:
		return Document{}, fmt.Errorf("%w: nobody has %s", smm.ErrNotFound, did)
	case resp.Status != http.StatusOK:
		return Document{}, fmt.Errorf("%w: DID document of %s: status %d", smm.ErrUnavailable, did, resp.Status)
	}
	doc, err := ParseDocument(resp.Body)
	if err != nil {
		return Document{}, err
	}
	if doc.ID != did {
		return Document{}, fmt.Errorf("%w: the DID document found for %s is another's", smm.ErrNotFound, did)
	}
	return doc, nil
}

// Document is a DID document, as far as it matters here.
type Document struct {
	ID          string   `json:"id"`
	AlsoKnownAs []string `json:"alsoKnownAs"`
	Service     []struct {
		ID       string          `json:"id"`
		Type     string          `json:"type"`
		Endpoint json.RawMessage `json:"serviceEndpoint"`
	} `json:"service"`
}

// ParseDocument reads a DID document. The error matches smm.ErrUnavailable: the
// document is the network's, not the caller's.
func ParseDocument(b []byte) (Document, error) {
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return Document{}, fmt.Errorf("%w: unreadable DID document", smm.ErrUnavailable)
	}
	return d, nil
}

// PDS returns the base URL of the account's server, or "".
func (d Document) PDS() string {
	for _, s := range d.Service {
		if s.ID != "#atproto_pds" && s.ID != d.ID+"#atproto_pds" {
			continue
		}
		var endpoint string
		if json.Unmarshal(s.Endpoint, &endpoint) != nil {
			continue
		}
		u, err := url.Parse(endpoint)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
			return u.Scheme + "://" + u.Host
		}
	}
	return ""
}

// Handle returns the handle that the document claims, in lower case, or "".
func (d Document) Handle() string {
	for _, s := range d.AlsoKnownAs {
		if h, ok := strings.CutPrefix(s, "at://"); ok && IsHandle(h) {
			return strings.ToLower(h)
		}
	}
	return ""
}
