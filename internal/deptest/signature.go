package deptest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// CheckSignatures returns the exported declarations that speak of map[string]any:
// functions, methods, fields, interface methods, variables and type definitions
// of shipped code.
func CheckSignatures(files []*File) []string {
	var found []string
	for _, file := range files {
		if file.Test() {
			continue
		}
		for _, decl := range file.Syntax.Decls {
			for _, name := range looseNames(decl) {
				found = append(found, fmt.Sprintf(
					"%s: %s.%s has map[string]any in its signature: give the data a type, or take json.RawMessage",
					file.Name, path.Base(file.Dir()), name))
			}
		}
	}

	return found
}

// looseNames returns the exported names of a declaration that use the loose type.
func looseNames(decl ast.Decl) []string {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		receiver := receiverName(decl)
		visible := decl.Name.IsExported() && (receiver == "" || ast.IsExported(receiver))
		if visible && loose(decl.Type) {
			return []string{strings.TrimPrefix(receiver+"."+decl.Name.Name, ".")}
		}
	case *ast.GenDecl:
		var names []string
		for _, spec := range decl.Specs {
			names = append(names, looseSpec(spec)...)
		}

		return names
	}

	return nil
}

func looseSpec(spec ast.Spec) []string {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && loose(spec.Type) {
			return []string{spec.Name.Name}
		}
	case *ast.ValueSpec:
		var names []string
		for _, name := range spec.Names {
			if name.IsExported() && looseValue(spec) {
				names = append(names, name.Name)
			}
		}

		return names
	}

	return nil
}

// looseValue reports whether a variable's type, or the literal that gives it
// its type, is loose.
func looseValue(spec *ast.ValueSpec) bool {
	if spec.Type != nil {
		return loose(spec.Type)
	}

	return slices.ContainsFunc(spec.Values, func(value ast.Expr) bool {
		lit, ok := value.(*ast.CompositeLit)

		return ok && lit.Type != nil && loose(lit.Type)
	})
}

// receiverName returns the name of a method's receiver type, "" for functions.
func receiverName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}

	expr := fn.Recv.List[0].Type
	for {
		switch at := expr.(type) {
		case *ast.StarExpr:
			expr = at.X
		case *ast.IndexExpr:
			expr = at.X
		case *ast.IndexListExpr:
			expr = at.X
		case *ast.Ident:
			return at.Name
		default:
			return ""
		}
	}
}

// loose reports whether a type expression holds map[string]any where users see
// it: not in unexported fields and methods of a struct or interface.
func loose(expr ast.Expr) bool {
	found := false
	ast.Inspect(expr, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.MapType:
			found = found || isIdent(node.Key, "string") && isAny(node.Value)
		case *ast.Field:
			// A hidden name hides its type. Parameters are no fields of a type:
			// their names are lower case and their types visible all the same.
			return !hiddenMember(expr, node)
		}

		return !found
	})

	return found
}

// hiddenMember reports whether field is an unexported member of a struct or
// interface somewhere in expr.
func hiddenMember(expr ast.Expr, field *ast.Field) bool {
	if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
		return false
	}

	member := false
	ast.Inspect(expr, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.StructType:
			member = member || slices.Contains(node.Fields.List, field)
		case *ast.InterfaceType:
			member = member || slices.Contains(node.Methods.List, field)
		}

		return !member
	})

	return member
}

func isIdent(expr ast.Expr, name string) bool {
	ident, ok := expr.(*ast.Ident)

	return ok && ident.Name == name
}

func isAny(expr ast.Expr) bool {
	if empty, ok := expr.(*ast.InterfaceType); ok {
		return len(empty.Methods.List) == 0
	}

	return isIdent(expr, "any")
}
