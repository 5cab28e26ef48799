package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
)

// patience bounds what a page may take on a busy machine.
const patience = 30 * time.Second

// tab is a page in a headless browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browserNames are the programs that will do.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"}

// startBrowser starts the one browser that all tests open tabs in; TestMain
// ends it.
var startBrowser = sync.OnceValues(func() (context.Context, error) {
	n := slices.IndexFunc(browserNames, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if n < 0 {
		return nil, exec.ErrNotFound
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browserNames[n]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1400, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

// stopBrowser ends the browser if a test started it.
func stopBrowser() {
	if browserStarted.Load() {
		if ctx, err := startBrowser(); err == nil {
			_ = chromedp.Cancel(ctx)
		}
	}
}

var browserStarted atomic.Bool

// openTab opens a tab, in which the console must stay empty. Without a browser
// the test is skipped, or fails if SMMKIT_BROWSER=required.
func openTab(t *testing.T) tab {
	t.Helper()
	browserStarted.Store(true)
	browser, err := startBrowser()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("SMMKIT_BROWSER") != "required" {
		t.Skipf("none of %v is installed", browserNames)
	}
	require.NoError(t, err, "one of %v is required", browserNames)

	ctx, closeTab := chromedp.NewContext(browser)
	messages := chromedp.Console(ctx)
	t.Cleanup(func() {
		closeTab()
		for m, err := range messages {
			if err != nil {
				return
			}
			t.Errorf("console: %s", m)
		}
	})
	require.NoError(t, chromedp.Do(ctx))
	return tab{t, ctx}
}

// in returns the tab for a subtest, which failures are then reported to.
func (b tab) in(t *testing.T) tab { return tab{t, b.ctx} }

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, steps...))
}

// follow clicks what leads to another page and waits for that.
func (b tab) follow(selector string) {
	b.t.Helper()
	b.do(
		chromedp.SetAttributeValue(css("body"), "data-left", "yes"),
		chromedp.Click(css(selector)),
		chromedp.WaitReady(css("body:not([data-left]) .layout")),
	)
}

func evaluate[T any](b tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err)
	return v
}

// until waits for a JavaScript expression to hold.
func (b tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(patience)))
	require.NoError(b.t, err, expression)
}

// open shows the page and waits until it follows what happens.
func (b tab) open(w *localweb.Web) {
	b.t.Helper()
	b.do(chromedp.Navigate(w.URL()))
	b.until(`document.querySelector("#connection").textContent === "Live"`)
}

func css(s string) chromedp.CSS { return chromedp.CSS(s) }
