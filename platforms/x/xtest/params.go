package xtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func sortedKeys(v url.Values) []string { return slices.Sorted(maps.Keys(v)) }

// readForm reads bodies that are forms.
func (c *call) readForm() error {
	kind, params, err := mime.ParseMediaType(c.req.Header.Get("Content-Type"))
	if err != nil {
		return nil //nolint:nilerr // a body without a type is looked at as JSON later
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		c.form, err = url.ParseQuery(string(c.body))
		return err
	case "multipart/form-data":
		c.form = url.Values{}
		return c.readParts(params["boundary"])
	}
	return nil
}

func (c *call) readParts(boundary string) error {
	m := multipart.NewReader(bytes.NewReader(c.body), boundary)
	for {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FormName() == "media" {
			c.file = b
			if c.file == nil {
				c.file = []byte{}
			}
			continue
		}
		c.form.Add(part.FormName(), string(b))
	}
}

var unknownField = regexp.MustCompile(`unknown field "(.*)"`)

// bind reads a body of JSON. Fields that do not exist and values of another
// type are refused, in the words of the vendor's validator.
func (c *call) bind(into any) *reply {
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil && dec.More() {
		err = errors.New("trailing data")
	}
	if err == nil {
		return nil
	}
	message := "Requests with bodies must have content-type of application/json, and the body must be valid JSON."
	var wrong *json.UnmarshalTypeError
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		message = fmt.Sprintf("$.%s: is not defined in the schema and the schema does not allow additional properties", m[1])
	} else if errors.As(err, &wrong) {
		message = fmt.Sprintf("$.%s: %s found, %s expected", wrong.Field, wrong.Value, wrong.Type)
	}
	r := invalid("", "", message)
	return &r
}

func lacking(field string) reply {
	return invalid("", "", fmt.Sprintf("$.%s: is missing but it is required", field))
}

// wantID refuses a field of the body that is not an identifier.
func wantID(field, v string) *reply {
	if v == "" {
		r := lacking(field)
		return &r
	}
	if _, isID := parseID(v); !isID {
		r := invalid(field, v, fmt.Sprintf("$.%s: does not match the regex pattern ^[0-9]{1,19}$", field))
		return &r
	}
	return nil
}

// list returns the values of a parameter that is sent once with commas or
// several times.
func (c *call) list(names ...string) (out []string) {
	for _, n := range names {
		for _, v := range c.query[n] {
			for part := range strings.SplitSeq(v, ",") {
				if part = strings.TrimSpace(part); part != "" {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

func (c *call) number(name string, def, least, most int) (int, *reply) {
	v := c.query.Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r := wrongValue(name, v, fmt.Sprintf("is not between %d and %d", least, most))
		return 0, &r
	}
	return n, nil
}

// size is how many items a page has.
func (c *call) size(def int) (int, *reply) {
	return c.number("max_results", def, c.route.page[0], c.route.page[1])
}

func (c *call) time(name string) (time.Time, *reply) {
	v := c.query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		r := wrongValue(name, v, "is not a valid RFC3339 timestamp")
		return time.Time{}, &r
	}
	return t, nil
}

// span are the bounds of a list of posts.
type span struct {
	since, until uint64 // ids, exclusive; 0 for none
	from, to     time.Time
}

func (c *call) span() (sp span, refused *reply) {
	if sp.from, refused = c.time("start_time"); refused != nil {
		return sp, refused
	}
	if sp.to, refused = c.time("end_time"); refused != nil {
		return sp, refused
	}
	for name, into := range map[string]*uint64{"since_id": &sp.since, "until_id": &sp.until} {
		v := c.query.Get(name)
		if v == "" {
			continue
		}
		n, isID := parseID(v)
		if !isID {
			r := wrongValue(name, v, "is not valid")
			return sp, &r
		}
		*into = n
	}
	if !sp.from.IsZero() && !sp.to.IsZero() && !sp.from.Before(sp.to) {
		r := invalid("end_time", c.query.Get("end_time"), "Invalid 'end_time'. 'end_time' must be later than 'start_time'.")
		return sp, &r
	}
	if sp.since != 0 && sp.until != 0 && sp.since >= sp.until {
		r := invalid("since_id", c.query.Get("since_id"), "Invalid 'since_id'. 'since_id' must be less than 'until_id'.")
		return sp, &r
	}
	return sp, nil
}

func (sp span) holds(p *post) bool {
	return (sp.since == 0 || p.serial > sp.since) && (sp.until == 0 || p.serial < sp.until) &&
		(sp.from.IsZero() || !p.created.Before(sp.from)) && (sp.to.IsZero() || p.created.Before(sp.to))
}

// page cuts a newest-first list at the token of a request and makes the meta
// object. Tokens lead on from an item and not from a number, so that what is new
// moves nothing.
func page[T any](c *call, all []T, serial func(T) uint64, n int, tokens ...string) (part []T, meta object, refused *reply) {
	var token, name string
	for _, t := range tokens {
		if v := c.query.Get(t); v != "" {
			token, name = v, t
		}
	}
	from, end := 0, -1
	if token != "" {
		back, at, good := parseToken(token)
		if !good {
			r := wrongValue(name, token, "is not valid")
			return nil, nil, &r
		}
		from = len(all)
		for i, v := range all {
			if serial(v) < at || back && serial(v) == at {
				from = i
				break
			}
		}
		if back {
			end, from = from, max(from-n, 0)
		}
	}
	if end < 0 {
		end = min(from+n, len(all))
	}
	part = all[from:end]
	meta = object{"result_count": len(part)}
	if end < len(all) && len(part) > 0 {
		meta["next_token"] = makeToken(false, serial(part[len(part)-1]))
	}
	if from > 0 && len(part) > 0 {
		meta["previous_token"] = makeToken(true, serial(part[0]))
	}
	return part, meta, nil
}

func makeToken(back bool, at uint64) string {
	kind := "7140w"
	if back {
		kind = "7140x"
	}
	digits := strconv.FormatUint(at, 36)
	return kind + strings.Repeat("0", 15-len(digits)) + digits
}

func parseToken(t string) (back bool, at uint64, good bool) {
	if len(t) != 20 || t[:4] != "7140" || t[4] != 'w' && t[4] != 'x' {
		return false, 0, false
	}
	at, err := strconv.ParseUint(t[5:], 36, 64)
	return t[4] == 'x', at, err == nil
}
