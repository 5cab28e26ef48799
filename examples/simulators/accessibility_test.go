package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm/sim"
)

// audit is a JavaScript expression that lists what is wrong with the page.
//
//go:embed testdata/audit.js
var audit string

// quote writes text as a JavaScript literal.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // text always has a JSON form
	}
	return string(b)
}

// prefer sets what the visitor's system asks for.
func (b tab) prefer(feature, value string) {
	b.t.Helper()
	b.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
		})
		return chromedp.Void{}, err
	})
}

// TestBrowserAccessibility audits a page that shows one of everything, in both
// colour schemes, at three widths, after success and after failure.
func TestBrowserAccessibility(t *testing.T) {
	b, w := openTab(t), startWeb(t)
	for p := range w.Doc().Platforms {
		root, err := w.Server(p).VisitorPosts(t.Context(), "ines", "", "a post of the public")
		require.NoError(t, err)
		for _, i := range []sim.Item{
			{ID: "1", Account: w.Server(p).Accounts()[0].Handle, Text: "with media", Media: []string{"0123456789abcdef"}},
			{ID: "2", Account: "eve", Text: "removed", Removed: true, Visitor: true},
			{ID: "3", Account: "eve", Text: "hidden", Parent: "1", Hidden: true, Visitor: true},
			{ID: "4", Account: "al", Text: "answer", Parent: root.ID, Visitor: true},
			{ID: "5", Account: "al", Text: "longwordwithoutanybreak0123456789012345678901234567890123456789", Parent: "4"},
			{ID: "6", Account: "al", Text: "longwordwithoutanybreak0123456789012345678901234567890123456789", Parent: "4"},
			{ID: "7", Account: "al", Text: "private", Private: true},
		} {
			i.Platform = p
			w.World().Ledger.Add(i)
		}
	}
	w.World().Faults.Add(sim.Fault{Kind: sim.Late, Op: "some.vendor.operation.with.a.long.name", Times: -1})
	b.open(w)
	check := func(t *testing.T) {
		b := b.in(t)
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
		require.Empty(t, evaluate[[]string](b, audit))
	}
	for _, scheme := range []string{"light", "dark"} {
		b.prefer("prefers-color-scheme", scheme)
		for _, width := range []int64{1400, 800, 360, 320} {
			b.do(chromedp.EmulateViewport(width, 900))
			t.Run(fmt.Sprintf("%s, %d wide", scheme, width), check)
		}
		b.do(chromedp.SetValue(css(`#clock-advance`), "backwards"))
		b.follow(`#clock-advance + button`)
		b.until(`document.activeElement.matches('.notice[role="alert"]')`)
		t.Run(scheme+", refused", check)
		b.follow(`button[value="1m"]`)
		b.until(`document.activeElement.matches('.notice[role="status"]')`)
		t.Run(scheme+", done", check)
	}
}
