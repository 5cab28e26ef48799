package evidence

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// note takes an expression that is an operation's name.
func (s *scan) note(fn *ast.FuncDecl, e ast.Expr) {
	t, ok := s.read(fn, e)
	if !ok {
		s.lose(e)
		return
	}
	s.add(fn, t)
}

func (s *scan) lose(e ast.Expr) {
	err := fmt.Errorf("%s", s.fset.Position(e.Pos()))
	for _, old := range s.lost {
		if old.Error() == err.Error() {
			return
		}
	}
	s.lost = append(s.lost, err)
}

// add takes an operation's name as fn has it: whole, or with parameters of fn in
// it, whose callers are asked then.
func (s *scan) add(fn *ast.FuncDecl, t text) {
	whole, open := "", false
	for _, p := range t {
		whole += p.constant
		open = open || p.param != nil
	}
	if !open {
		s.ops[whole] = true
		return
	}
	obj := s.info.Defs[fn.Name]
	if s.carrier[obj] == nil {
		s.carrier[obj] = make(map[string]text)
	}
	s.carrier[obj][t.key()] = t
}

// read reads an expression made of constants, parameters of fn and variables of
// fn that are given such an expression once.
func (s *scan) read(fn *ast.FuncDecl, e ast.Expr) (text, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return s.read(fn, e.X)
	case *ast.BasicLit:
		v := constant.MakeFromLiteral(e.Value, e.Kind, 0)
		if e.Kind != token.STRING || v.Kind() != constant.String {
			return nil, false
		}
		return text{{constant: constant.StringVal(v)}}, true
	case *ast.BinaryExpr:
		left, ok := s.read(fn, e.X)
		right, ok2 := s.read(fn, e.Y)
		return append(left, right...), ok && ok2 && e.Op == token.ADD
	case *ast.Ident:
		return s.readName(fn, e)
	}
	return nil, false
}

func (s *scan) readName(fn *ast.FuncDecl, id *ast.Ident) (text, bool) {
	obj := s.info.Uses[id]
	switch obj := obj.(type) {
	case *types.Const:
		if obj.Val().Kind() == constant.String {
			return text{{constant: constant.StringVal(obj.Val())}}, true
		}
	case *types.Var:
		if s.paramIndex(fn, obj) >= 0 {
			return text{{param: obj}}, true
		}
		if value := s.assigned(fn, obj); value != nil {
			return s.read(fn, value)
		}
	}
	return nil, false
}

// assigned returns what a local variable is given, or nil unless that happens
// exactly once.
func (s *scan) assigned(fn *ast.FuncDecl, obj types.Object) (value ast.Expr) {
	times := 0
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, left := range a.Lhs {
			id, ok := left.(*ast.Ident)
			if ok && (s.info.Defs[id] == obj || s.info.Uses[id] == obj) {
				times++
				if len(a.Lhs) == len(a.Rhs) {
					value = a.Rhs[i]
				}
			}
		}
		return true
	})
	if times != 1 {
		return nil
	}
	return value
}

// paramIndex returns the place of a parameter, or -1.
func (s *scan) paramIndex(fn *ast.FuncDecl, obj types.Object) int {
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, name := range field.Names {
			if s.info.Defs[name] == obj {
				return i
			}
			i++
		}
	}
	return -1
}

// callee returns the function that is called, nil if it is not of this package.
func (s *scan) callee(call *ast.CallExpr) types.Object {
	e := call.Fun
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.SelectorExpr:
			return s.info.Uses[x.Sel]
		case *ast.Ident:
			return s.info.Uses[x]
		default:
			return nil
		}
	}
}

// substitute puts the arguments of a call, which stands in fn, in the place of
// the parameters of what it calls.
func (s *scan) substitute(fn *ast.FuncDecl, call *ast.CallExpr, t text) (text, bool) {
	var out text
	for _, p := range t {
		if p.param == nil {
			out = append(out, p)
			continue
		}
		called := s.declaration(s.callee(call))
		i := s.paramIndex(called, p.param)
		if i < 0 || i >= len(call.Args) {
			s.lose(call)
			return nil, false
		}
		arg, ok := s.read(fn, call.Args[i])
		if !ok {
			s.lose(call.Args[i])
			return nil, false
		}
		out = append(out, arg...)
	}
	return out, true
}

func (s *scan) declaration(obj types.Object) *ast.FuncDecl {
	for _, f := range s.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && s.info.Defs[fn.Name] == obj {
				return fn
			}
		}
	}
	return nil
}
