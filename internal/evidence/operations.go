package evidence

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Operations returns the names of everything that the vendor client in a
// platform's folder can ask for, sorted: the values that the field Op of a
// httpx.Request, or of a meta.Request, can take. They are found by following
// constants through parameters and concatenations from callers to the request.
//
// A name that cannot be followed is an error, since it would be an operation
// that no table shows.
func Operations(platform string) ([]string, error) {
	s, err := load(platform)
	if err != nil {
		return nil, fmt.Errorf("evidence: %s: %w", platform, err)
	}
	s.requests()
	for s.calls() { // until nothing new flows from callers to the requests
	}
	if len(s.lost) > 0 {
		return nil, fmt.Errorf("evidence: %s: cannot tell the operation: %w", platform, errors.Join(s.lost...))
	}
	return slices.Sorted(maps.Keys(s.ops)), nil
}

// scan is the state of one search.
type scan struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info

	ops     map[string]bool
	carrier map[types.Object]map[string]text // functions whose parameters become part of an operation
	lost    []error
}

// text is an operation's name as far as it is known: constants, and parameters
// of the function that it is found in.
type text []piece

type piece struct {
	constant string
	param    types.Object // nil: a constant
}

func (t text) key() string {
	var b strings.Builder
	for _, p := range t {
		if p.param != nil {
			fmt.Fprintf(&b, "\x00%s@%d", p.param.Name(), p.param.Pos())
		}
		b.WriteString(p.constant)
	}
	return b.String()
}

// load parses and type-checks one package. Its imports are not read: all that
// is needed is which declaration of this package a name stands for, and what
// cannot be typed for want of an import is left untyped.
func load(dir string) (*scan, error) {
	s := &scan{
		fset: token.NewFileSet(), ops: make(map[string]bool), carrier: make(map[types.Object]map[string]text),
		info: &types.Info{Uses: make(map[*ast.Ident]types.Object), Defs: make(map[*ast.Ident]types.Object)},
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
	}
	if len(s.files) == 0 {
		return nil, fs.ErrNotExist
	}
	cfg := types.Config{Importer: absent{}, Error: func(error) {}, FakeImportC: true}
	_, _ = cfg.Check("platform", s.fset, s.files, s.info) // errors about imports are expected
	return s, nil
}

// absent imports every package as an empty one.
type absent struct{}

func (absent) Import(path string) (*types.Package, error) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	p := types.NewPackage(path, name)
	p.MarkComplete()
	return p, nil
}

// requests collects the operations of all literals of requests, and those of calls
// of the Graph transport that make one of a name.
func (s *scan) requests() {
	s.inspect(func(fn *ast.FuncDecl, n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Delete" && isField(f.X, "graph") && len(n.Args) == 3 {
				s.note(fn, n.Args[1])
			}
		case *ast.CompositeLit:
			if !isSelector(n.Type, "httpx", "Request") && !isSelector(n.Type, "meta", "Request") && !isSelector(n.Type, "meta", "Upload") {
				return
			}
			for _, e := range n.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if key, isIdent := kv.Key.(*ast.Ident); ok && isIdent && key.Name == "Op" {
					s.note(fn, kv.Value)
				}
			}
		}
	})
}

func isField(e ast.Expr, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == name
}

// calls follows the arguments of calls of carriers, and reports whether that
// taught it anything.
func (s *scan) calls() bool {
	before := s.known()
	s.inspect(func(fn *ast.FuncDecl, n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		for _, t := range s.carrier[s.callee(call)] {
			if out, ok := s.substitute(fn, call, t); ok {
				s.add(fn, out)
			}
		}
	})
	return s.known() > before
}

func (s *scan) known() int {
	n := len(s.ops) + len(s.lost)
	for _, texts := range s.carrier {
		n += len(texts)
	}
	return n
}

func (s *scan) inspect(visit func(fn *ast.FuncDecl, n ast.Node)) {
	for _, f := range s.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					if n != nil {
						visit(fn, n)
					}
					return true
				})
			}
		}
	}
}

func isSelector(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}
