package evidence

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const valid = `{"level":"contract","against":"lexicons","version":"1","date":"2026-11-26","operations":["a.get","a.put"]}`

func TestParse(t *testing.T) {
	f, err := Parse([]byte(valid))
	if err != nil || f.Level != Contract || len(f.Operations) != 2 {
		t.Fatalf("got %+v, %v", f, err)
	}
	for _, change := range [][2]string{
		{`"contract"`, `"contracts"`},
		{`"lexicons"`, `""`},
		{`"1"`, `""`},
		{`2026-11-26`, `26.11.2026`},
		{`["a.get","a.put"]`, `[]`},
		{`["a.get","a.put"]`, `["a.put","a.get"]`},
		{`["a.get","a.put"]`, `["a.get","a.get"]`},
		{`["a.get","a.put"]`, `["","a.get"]`},
		{`"level"`, `"levels"`},
		{`}`, `}{}`},
	} {
		if _, err := Parse([]byte(strings.Replace(valid, change[0], change[1], 1))); err == nil {
			t.Errorf("%s for %s was taken", change[1], change[0])
		}
	}
}

// client is a small vendor client whose operations come about in every way that
// the scan follows.
const client = `package p

import (
	"context"

	"example.com/httpx"
)

const read = "a.read"

type Client struct{}
type Other struct{ c *Client }

func (c *Client) get(ctx context.Context, op string) *httpx.Request { return &httpx.Request{Op: op, URL: op} }
func (o *Other) get(ctx context.Context, method string) *httpx.Request {
	name := "b." + method
	return o.c.get(ctx, name)
}
func page[T any](ctx context.Context, c *Client, op string) (v T) { c.get(ctx, op); return v }

func (c *Client) Read(ctx context.Context)   { c.get(ctx, read) }
func (c *Client) Put(ctx context.Context)    { _ = httpx.Request{Op: ("a." + "put")} }
func (o *Other) List(ctx context.Context)    { page[int](ctx, o.c, "a.list") }
func (o *Other) Like(ctx context.Context)    { o.act(ctx, "like", true); o.act(ctx, "unlike", false) }
func (o *Other) act(ctx context.Context, verb string, on bool) { (o.get)(ctx, "act-"+verb) }
func elsewhere() { _ = struct{ Op string }{Op: "not.an.operation"} }
`

func TestOperations(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "client.go"), client)
	put(t, filepath.Join(dir, "client_test.go"), "package p\nvar _ = httpx.Request{Op: \"test\"}\n")
	got, err := Operations(dir)
	want := []string{"a.list", "a.put", "a.read", "b.act-like", "b.act-unlike"}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v; want %v", got, err, want)
	}
}

// TestOperationsThatCannotBeFollowed: a name that comes from elsewhere is an
// error, since it would be in no table.
func TestOperationsThatCannotBeFollowed(t *testing.T) {
	for name, extra := range map[string]string{
		"a field":         "func (o *Other) X(ctx context.Context, v struct{ op string }) { o.c.get(ctx, v.op) }",
		"a call":          "func (o *Other) X(ctx context.Context) { o.c.get(ctx, name()) }\nfunc name() string { return \"x\" }",
		"assigned twice":  "func (o *Other) X(ctx context.Context) { n := \"x\"; n = \"y\"; o.c.get(ctx, n) }",
		"straight inside": "func (o *Other) X() { _ = httpx.Request{Op: name()} }\nfunc name() string { return \"x\" }",
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "client.go"), client+extra+"\n")
		if got, err := Operations(dir); err == nil || !strings.Contains(err.Error(), "client.go") {
			t.Errorf("%s: got %v, %v; want an error that says where", name, got, err)
		}
	}
	if _, err := Operations(t.TempDir()); err == nil {
		t.Error("a folder without Go files was taken")
	}
}

func TestTable(t *testing.T) {
	platform := t.TempDir()
	put(t, filepath.Join(platform, "client.go"), client)
	file := func(name, level, date, ops string) {
		put(t, filepath.Join(platform, dir, name+".json"),
			`{"level":"`+level+`","against":"`+name+`","version":"1","date":"`+date+`","operations":[`+ops+`]}`)
	}
	file("lex", "contract", "2026-11-01", `"a.list","a.put","a.read"`)
	file("pds", "real server", "2026-10-01", `"a.put"`)
	file("newer", "contract", "2026-11-02", `"a.read"`)
	file("docs", "documentation", "2026-11-09", `"a.list","b.act-like"`)
	rows, err := Table(platform)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Operation+" "+string(r.Level)+" "+r.Against)
	}
	want := []string{
		"a.list contract lex", "a.put real server pds", "a.read contract newer", "b.act-like documentation docs", "b.act-unlike documentation ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	file("wrong", "contract", "2026-11-01", `"a.gone"`)
	if _, err := Table(platform); err == nil || !strings.Contains(err.Error(), "a.gone") {
		t.Errorf("a claim about an operation that does not exist: got %v", err)
	}
}

func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "testdata", "x.json")
	claim := File{Level: Contract, Against: "lexicons", Version: "1"}
	if _, err := compare(path, claim, []string{"a.get"}); err == nil {
		t.Error("a claim that is missing was taken")
	}
	if err := write(path, claim, []string{"a.put", "a.get", "a.put"}, time.Date(2026, 11, 26, 1, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if fresh, err := compare(path, claim, []string{"a.get", "a.put", "a.new"}); err != nil || !slices.Equal(fresh, []string{"a.new"}) {
		t.Errorf("got %v, %v", fresh, err)
	}
	if _, err := compare(path, claim, []string{"a.get"}); err == nil || !strings.Contains(err.Error(), "a.put") {
		t.Errorf("a claim that this run did not see: got %v", err)
	}
	for _, other := range []File{{Level: RealServer, Against: "lexicons", Version: "1"}, {Level: Contract, Against: "x", Version: "1"}, {Level: Contract, Against: "lexicons", Version: "2"}} {
		if _, err := compare(path, other, []string{"a.get", "a.put"}); err == nil {
			t.Errorf("the claim of another run was taken: %+v", other)
		}
	}
	if err := write(path, claim, nil, time.Now()); err == nil {
		t.Error("a claim of nothing was written")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Parse(b)
		if err != nil {
			return
		}
		text, err := got.Format()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(text); err != nil || !slices.Equal(again.Operations, got.Operations) {
			t.Fatalf("%s does not come back: %v", text, err)
		}
	})
}
