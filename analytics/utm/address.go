package utm

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Address is an address taken apart far enough to change its tags and nothing
// else.
type Address struct {
	Tags Tags
	// Repeated are the parameters that occur more than once. Tags has the first
	// value; what an analytics tool takes is its own affair.
	Repeated []Param
	// Unknown are names that begin like a tag and are none, as they stand there:
	// "utm_sourec", "UTM_Source". Analytics tools do not read them.
	Unknown []string
	// InFragment says that there are tags after the "#", where only a page set
	// up for it reads them.
	InFragment bool

	head     string // up to the query, without "?"
	query    bool   // there is a "?"
	pairs    []string
	fragment string // with "#"
}

// Parse takes an address apart. It must be absolute, http or https, and without
// a password; otherwise the error matches smm.ErrInvalid. Values that are not
// validly percent-encoded are taken as they stand.
func Parse(address string) (*Address, error) {
	if err := smm.CheckWebURL(address); err != nil {
		return nil, err
	}
	a := &Address{}
	rest := address
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest, a.fragment = rest[:i], rest[i:]
	}
	a.head = rest
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		a.head, a.query = rest[:i], true
		a.pairs = strings.Split(rest[i+1:], "&")
	}
	seen := map[Param]bool{}
	for _, pair := range a.pairs {
		name, value := split(pair)
		p, known, like := classify(name)
		switch {
		case known && seen[p]:
			a.Repeated = append(a.Repeated, p)
		case known:
			seen[p] = true
			a.Tags = a.Tags.With(p, value)
		case like:
			a.Unknown = append(a.Unknown, name)
		}
	}
	a.InFragment = strings.Contains(strings.ToLower(a.fragment), "utm_")
	return a, nil
}

// split decodes one pair of a query.
func split(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	return unescape(name), unescape(value)
}

func classify(name string) (p Param, known, like bool) {
	var t Tags
	if field(&t, Param(name)) != nil {
		return Param(name), true, true
	}
	return "", false, len(name) >= 4 && strings.EqualFold(name[:4], "utm_")
}

// String returns the address with its present Tags. Everything that is not a
// tag keeps its bytes and its order; the tags stand at the end of the query. An
// address whose Tags are those it was parsed with, and which has them at the
// end, is returned unchanged if its encoding was ours.
func (a *Address) String() string { return a.with(a.Tags) }

func (a *Address) with(t Tags) string {
	var kept []string
	for _, pair := range a.pairs {
		name, _ := split(pair)
		if _, _, like := classify(name); !like {
			kept = append(kept, pair)
		}
	}
	// A query that was there and is empty is one empty pair, which stays: so
	// taking the tags off gives back the very address that they were put on.
	kept = append(kept, t.pairs()...)
	if len(kept) == 0 {
		return a.head + a.fragment
	}
	return a.head + "?" + strings.Join(kept, "&") + a.fragment
}

// Set returns the address with the tags t in place of all that it had: old tags,
// repeated ones, and misspelt ones (see Address.Unknown) go, because a mixture
// of two campaigns is worse than either. All other bytes stay as they are and
// where they are: path, query, fragment, encoding, host. Errors are those of
// Parse.
func Set(address string, t Tags) (string, error) {
	a, err := Parse(address)
	if err != nil {
		return "", err
	}
	return a.with(t), nil
}

// Strip returns the address without tags. It undoes Set: for an address u
// without tags, Strip(Set(u, t)) is u, byte for byte.
func Strip(address string) (string, error) { return Set(address, Tags{}) }

// Read returns the tags of an address. Errors are those of Parse.
func Read(address string) (Tags, error) {
	a, err := Parse(address)
	if err != nil {
		return Tags{}, err
	}
	return a.Tags, nil
}

// Build returns the address with the tags t, and an error that matches
// smm.ErrInvalid if it has tags already.
func Build(address string, t Tags) (string, error) {
	a, err := Parse(address)
	switch {
	case err != nil:
		return "", err
	case !a.Tags.IsZero() || len(a.Unknown) > 0:
		return "", fmt.Errorf("%w: the address has tags already: use Set to replace them or Strip to remove them", smm.ErrInvalid)
	}
	return a.with(t), nil
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}
