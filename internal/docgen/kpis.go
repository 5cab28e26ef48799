package main

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/analytics"
)

// kpiPage is docs/kpis.md: what package analytics says of its key figures.
func kpiPage() string {
	var b strings.Builder
	b.WriteString(`# Key figures

Written by internal/docgen from analytics.Definitions; change it there. The name
is that of the column in the JSON of analytics.ChannelKPI. A fraction of 0.05 is
5 %. Over several posts, each side is added up first and divided once, over the
posts for which both sides are known. A figure without a denominator above zero is
undefined, never 0.

| Name | Title | Unit | Formula | Summed | Denominator | Source |
|---|---|---|---|---|---|---|
`)
	for _, k := range analytics.Definitions() {
		summed := names(k.Sums)
		if len(k.Less) > 0 {
			summed += ", less " + names(k.Less)
		}
		formula := k.Formula
		if k.Note != "" {
			formula += "; " + k.Note
		}
		cells := []string{"`" + k.Name + "`", k.Title, string(k.Unit), formula, summed, names(k.Denominator), k.Source}
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	return b.String()
}

// names lists metrics, or a dash for none.
func names(def analytics.Definition) string {
	if len(def) == 0 {
		return "–"
	}
	out := make([]string, len(def))
	for i, n := range def {
		out[i] = "`" + string(n) + "`"
	}
	return strings.Join(out, " + ")
}
