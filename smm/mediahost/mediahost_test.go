package mediahost_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/mediahost"
	"github.com/smmkit/smmkit/smm/sim"
)

var files = fstest.MapFS{"a/cat.png": {Data: []byte("meow")}, "notes.html": {Data: []byte("<script>")}}

func newHost(t testing.TB) (*mediahost.Host, *sim.Clock) {
	t.Helper()
	clock := sim.NewClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), true)
	h, err := mediahost.New(mediahost.Config{
		Store: smm.FSMedia(files), BaseURL: "https://shop.example/media/", Key: smm.NewSecret("0123456789abcdef"), Clock: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, clock
}

func get(h http.Handler, method, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	http.StripPrefix("/media", h).ServeHTTP(w, httptest.NewRequest(method, u.EscapedPath(), nil))
	return w
}

func TestAddressesWorkUntilTheyExpire(t *testing.T) {
	h, clock := newHost(t)
	address, expires, err := h.MediaURL(t.Context(), "acme", smm.Media{Name: "a/cat.png"}, time.Hour)
	if err != nil || expires.Sub(clock.Now()) < time.Hour || !strings.HasSuffix(address, ".png") {
		t.Fatal(address, expires, err)
	}
	if w := get(h, "GET", address); w.Code != 200 || w.Body.String() != "meow" || w.Header().Get("Content-Type") != "image/png" {
		t.Fatal(w.Code, w.Body, w.Header())
	}
	if w := get(h, "HEAD", address); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "4" {
		t.Fatal(w.Code, w.Header())
	}
	if w := get(h, "POST", address); w.Code != http.StatusMethodNotAllowed {
		t.Fatal(w.Code)
	}
	clock.Advance(expires.Sub(clock.Now()))
	if w := get(h, "GET", address); w.Code != http.StatusGone {
		t.Fatal(w.Code)
	}
}

func TestForgedAddressesServeNothing(t *testing.T) {
	h, _ := newHost(t)
	address, _, err := h.MediaURL(t.Context(), "acme", smm.Media{Name: "a/cat.png"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := h.MediaURL(t.Context(), "b", smm.Media{Name: "notes.html"}, 2*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.Split(strings.TrimPrefix(address, "https://shop.example/media/"), "/")[0]
	foreign := strings.Split(strings.TrimPrefix(other, "https://shop.example/media/"), "/")[0]
	mine, theirs := strings.Split(token, "."), strings.Split(foreign, ".")
	forged := []string{"", "x", "...", token + "=", token + ".x", strings.ToUpper(token)}
	for i := range mine { // each part swapped for that of another valid address
		parts := append([]string(nil), mine...)
		parts[i] = theirs[i]
		forged = append(forged, strings.Join(parts, "."))
	}
	for i := range []byte(token) { // each byte changed
		b := []byte(token)
		b[i] ^= 1 // lands on another letter, digit or sign
		forged = append(forged, url.PathEscape(string(b)))
	}
	for _, f := range forged {
		if w := get(h, "GET", "https://shop.example/media/"+f+"/asset.png"); w.Code == 200 {
			t.Errorf("served %q", f)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	key := smm.NewSecret("0123456789abcdef")
	for _, c := range []mediahost.Config{
		{Store: smm.FSMedia(files), BaseURL: "shop.example", Key: key},
		{Store: smm.FSMedia(files), BaseURL: "https://u:p@shop.example", Key: key},
		{Store: smm.FSMedia(files), BaseURL: "https://shop.example", Key: smm.NewSecret("short")},
		{BaseURL: "https://shop.example", Key: key},
	} {
		if _, err := mediahost.New(c); err == nil {
			t.Errorf("took %+v", c)
		}
	}
}

func Example() {
	host, err := mediahost.New(mediahost.Config{
		Store: smm.FSMedia(files), BaseURL: "https://shop.example/media", Key: smm.NewSecret("0123456789abcdef"),
	})
	if err != nil {
		panic(err)
	}
	http.NewServeMux().Handle("/media/", http.StripPrefix("/media", host))
	fmt.Println("mounted")
	// Output: mounted
}
