package vcr

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// AllowFile is the name of the file, directly in a testdata folder, that admits
// findings below it. Each line is a path pattern relative to that folder (as in
// path.Match), a [Kind], and the reason, parted by spaces; # starts a comment.
// A line that admits nothing is itself a finding, so that the list cannot rot.
const AllowFile = "fixtures.allow"

// Kinds of findings about an allow file itself.
const (
	KindBadAllow   Kind = "bad-allow"
	KindStaleAllow Kind = "stale-allow"
)

// Finding is something in a fixture that must not be published.
type Finding struct {
	Path string
	Line int // from 1
	Kind Kind
	// Excerpt is the first characters and the length, never the whole.
	Excerpt string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s %s", f.Path, f.Line, f.Kind, f.Excerpt)
}

// maxFixture bounds what is read of one file, after expansion.
const maxFixture = 64 << 20

// CheckFixtures looks for secrets and personal data in every file below every
// testdata folder of fsys: tokens by shape and by entropy, e-mail addresses and
// phone numbers. Files ending in .gz are looked into. Reserved domains (RFC
// 2606), fictional phone numbers, digests that are labelled as such and public
// identifiers (CIDs, DIDs, UUIDs, ULIDs) are passed over.
func CheckFixtures(fsys fs.FS) ([]Finding, error) {
	var out []Finding
	allows := map[string][]*allow{} // by testdata folder
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == ".git" || n == "node_modules" || n == "vendor" {
				return fs.SkipDir
			}
			if d.Name() == "testdata" {
				list, bad, err := readAllow(fsys, name)
				if err != nil {
					return err
				}
				allows[name] = list
				out = append(out, bad...)
			}
			return nil
		}
		root, ok := testdataRoot(name)
		if !ok || !d.Type().IsRegular() || name == path.Join(root, AllowFile) {
			return nil
		}
		data, err := readFixture(fsys, name)
		if err != nil {
			return err
		}
		for _, f := range scan(name, data) {
			if !admitted(allows[root], strings.TrimPrefix(name, root+"/"), f.Kind) {
				out = append(out, f)
			}
		}
		return nil
	})
	for root, list := range allows {
		for _, a := range list {
			if !a.used {
				out = append(out, Finding{path.Join(root, AllowFile), a.line, KindStaleAllow, a.pattern})
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return out, err
}

// testdataRoot is the outermost testdata folder above name.
func testdataRoot(name string) (string, bool) {
	parts := strings.Split(name, "/")
	i := slices.Index(parts[:len(parts)-1], "testdata")
	return strings.Join(parts[:i+1], "/"), i >= 0
}

func readFixture(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("vcr: %s: %w", name, err)
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, maxFixture+1))
	if err == nil && len(data) > maxFixture {
		err = fmt.Errorf("vcr: %s is larger than %d bytes", name, maxFixture)
	}
	return data, err
}

// scan finds secrets in one file. Of binary data, only what is unmistakable
// counts: there, entropy says nothing.
func scan(name string, data []byte) []Finding {
	var out []Finding
	binary := !utf8.Valid(data)
	if strings.HasSuffix(name, ".yaml") {
		data = yamlBinary.ReplaceAllFunc(data, keepUnlessMedia)
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		text := string(line)
		for _, s := range find(text) {
			if binary && (s.kind == KindEntropy || s.kind == KindEmail || s.kind == KindPhone || s.kind == KindHex) {
				continue
			}
			out = append(out, Finding{name, i + 1, s.kind, excerpt(text[s.start:s.end])})
		}
	}
	return out
}

func excerpt(s string) string {
	return fmt.Sprintf("%q... (%d characters)", s[:min(4, len(s))], len(s))
}

// yamlBinary is how yaml writes bytes that are no text.
var yamlBinary = regexp.MustCompile(`!!binary \|\n(?:[ \t]+[A-Za-z0-9+/=]+\n?)+`)

// keepUnlessMedia blanks an image or video but keeps its line count. Anything
// else stays, to be found as base64.
func keepUnlessMedia(block []byte) []byte {
	_, encoded, _ := bytes.Cut(block, []byte("\n"))
	decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(encoded)), ""))
	if err != nil || !isMedia(http.DetectContentType(decoded)) || len(scan("", decoded)) > 0 {
		return block
	}
	return bytes.Repeat([]byte("\n"), bytes.Count(block, []byte("\n")))
}

// allow is one line of an [AllowFile].
type allow struct {
	pattern string
	kind    Kind
	line    int
	used    bool
}

func readAllow(fsys fs.FS, root string) ([]*allow, []Finding, error) {
	name := path.Join(root, AllowFile)
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, nil, nil //nolint:nilerr // having none is the usual case
	}
	var list []*allow
	var bad []Finding
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		text, _, _ := strings.Cut(sc.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 3 || !knownKind(Kind(fields[1])) {
			bad = append(bad, Finding{name, n, KindBadAllow, "want: pattern kind reason"})
			continue
		}
		if _, err := path.Match(fields[0], ""); err != nil {
			bad = append(bad, Finding{name, n, KindBadAllow, err.Error()})
			continue
		}
		list = append(list, &allow{pattern: fields[0], kind: Kind(fields[1]), line: n})
	}
	return list, bad, sc.Err()
}

func knownKind(k Kind) bool {
	return slices.ContainsFunc(shapes, func(s shape) bool { return s.kind == k })
}

func admitted(list []*allow, name string, k Kind) bool {
	for _, a := range list {
		if ok, err := path.Match(a.pattern, name); err == nil && ok && a.kind == k {
			a.used = true
			return true
		}
	}
	return false
}
