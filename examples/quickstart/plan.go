package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// builtIn are the files beside this one, so that the program runs from
// anywhere. Copy the folder, change what is in it, and pass it with -files.
//
//go:embed calendar.csv guide.json rules.json answers.json visitors.json media
var builtIn embed.FS

// plan is what a brand wants: all that the files say.
type plan struct {
	files    fs.FS
	rows     []row
	voice    smm.Gate // the brand guide
	rules    judge    // of moderation
	answers  []answer
	visitors []visit // what the public does in the simulation
}

// answer is a canned reply to a frequent question.
type answer struct {
	ID       string            `json:"id"`
	Keywords []string          `json:"keywords"` // one of them in a question is enough
	Template smm.Template      `json:"template"`
	Values   map[string]string `json:"values"`
}

// visit is something that a member of the public does under a post. The script
// plays in simulators only.
type visit struct {
	Do       string       `json:"do"` // follow, like, share or comment
	Platform smm.Platform `json:"platform"`
	Handle   string       `json:"handle"`
	Row      string       `json:"row,omitempty"` // of the post; none for a follow
	Text     string       `json:"text,omitempty"`
}

// loadPlan reads the files. What is wrong with one of them is a usageError that
// names it: nobody should learn by a stack trace that a comma is missing.
func loadPlan(folder string) (*plan, error) {
	p := &plan{files: builtIn}
	if folder != "" {
		p.files = os.DirFS(folder)
	}
	for _, f := range []struct {
		name string
		read func([]byte) error
	}{
		{"calendar.csv", func(b []byte) (err error) { p.rows, err = parseCalendar(bytes.NewReader(b)); return err }},
		{"guide.json", func(b []byte) (err error) { p.voice, err = parseGuide(b); return err }},
		{"rules.json", func(b []byte) (err error) { p.rules, err = parseRules(b); return err }},
		{"answers.json", func(b []byte) error { return errors.Join(strictJSON(b, &p.answers), checkAnswers(p.answers)) }},
		{"visitors.json", func(b []byte) error { return errors.Join(strictJSON(b, &p.visitors), p.checkVisitors()) }},
	} {
		b, err := fs.ReadFile(p.files, f.name)
		if err != nil {
			return nil, usagef("cannot read the plan: %v", err)
		}
		if err := f.read(b); err != nil {
			return nil, usagef("%s: %v", f.name, err)
		}
	}
	for i := range p.rows {
		if err := p.fingerprint(&p.rows[i]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// checkAnswers fills in each template once: a gap without a value should show
// now, and not when a customer asks.
func checkAnswers(answers []answer) error {
	var errs []error
	for _, a := range answers {
		if _, err := a.Template.Render(a.Values, nil); err != nil {
			errs = append(errs, fmt.Errorf("answer %q: %w", a.ID, err))
		}
		if len(a.Keywords) == 0 {
			errs = append(errs, fmt.Errorf("answer %q: no keywords, so nothing would ever be answered with it", a.ID))
		}
	}
	return errors.Join(errs...)
}

func (p *plan) checkVisitors() error {
	var errs []error
	for i, v := range p.visitors {
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("entry %d: "+format, append([]any{i + 1}, args...)...))
		}
		known := slices.ContainsFunc(p.rows, func(r row) bool { return r.ID == v.Row })
		switch {
		case !slices.Contains([]string{"follow", "like", "share", "comment"}, v.Do):
			bad("do is %q: want follow, like, share or comment", v.Do)
		case v.Do != "follow" && !known:
			bad("the calendar has no row %q", v.Row)
		case v.Do == "comment" && v.Text == "":
			bad("a comment needs a text")
		}
		if v.Handle == "" {
			bad("handle is empty")
		}
	}
	return errors.Join(errs...)
}

// row returns the row with an id, or an empty one.
func (p *plan) row(id string) *row {
	i := slices.IndexFunc(p.rows, func(r row) bool { return r.ID == id })
	if i < 0 {
		return &row{}
	}
	return &p.rows[i]
}

// fingerprint notes the hash of each picture. A post keeps the name of a file
// and not its bytes; the hash keeps anybody from swapping the picture between
// approval and publication.
func (p *plan) fingerprint(r *row) error {
	for i := range r.Post.Media {
		m := &r.Post.Media[i]
		b, err := fs.ReadFile(p.files, "media/"+m.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
			r.Problems = append(r.Problems, note{
				Row: r.ID, Line: r.Line, Severity: smm.SeverityError, Code: "calendar.media", Path: "media",
				Message: fmt.Sprintf("there is no file media/%s", m.Name),
			})
		case err != nil:
			return usagef("cannot read the plan: %v", err)
		default:
			sum := sha256.Sum256(b)
			m.Hash = hex.EncodeToString(sum[:])
		}
	}
	return nil
}

// mediaStore opens the pictures when a platform is given them, which may be in
// a later process.
func (p *plan) mediaStore() (smm.MediaStore, error) {
	dir, err := fs.Sub(p.files, "media")
	if err != nil {
		return nil, err
	}
	return smm.FSMedia(dir), nil
}

// strictJSON decodes b and refuses keys that nobody reads: a misspelt key that
// is ignored in silence is a rule that does not hold.
func strictJSON(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end of the JSON value")
	}
	return nil
}
