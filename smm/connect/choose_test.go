package connect_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// threePages is what one login reaches: two pages, and one that is broken.
func threePages() []smm.Connected {
	two, broken := account("b"), account("c")
	two.Missing = []string{"read"}
	broken.Err = &smm.Error{Op: "probe", Platform: "chirp", Err: smm.ErrForbidden, Message: canaryWords}
	return []smm.Connected{account("a"), two, broken}
}

// toChoice goes as far as the choose page and returns its address.
func (b *browser) toChoice() string {
	b.l.t.Helper()
	res := b.get(callback(b.begin("return", "/back")))
	if res.StatusCode != http.StatusSeeOther {
		b.l.t.Fatalf("status %d: %s", res.StatusCode, text(res))
	}
	return res.Header.Get("Location")
}

func choiceKey(t *testing.T, at string) string { return mustURL(t, at).Query().Get("choice") }

func TestChoose(t *testing.T) {
	l := newLab(t)
	l.con.found = threePages()
	b := l.browser()
	at := b.toChoice()
	l.wantStored()
	for range 3 { // it may be loaded again
		body := text(b.get(at))
		wantText(t, body, "Name of a", "Name of b", "Name of c", `value="chirp/channel/a"`, "Was not allowed: read comments",
			`value="chirp/channel/c" disabled`, "Cannot be connected.", "A right, role or permission")
		if strings.Contains(body, canaryWords) || strings.Contains(body, canaryAccess) {
			t.Fatal("the page says what it must not")
		}
	}
	res := b.post("/connect/choose", "choice", choiceKey(t, at))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	wantText(t, text(b.get(res.Header.Get("Location"))), "Choose at least one account.")

	body := text(b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a", "account", "chirp/channel/b"))
	wantText(t, body, "Name of a", "Name of b", "this site cannot", "read comments", `href="/back"`)
	l.wantStored("a", "b")
	if l.load("b").AccessToken.Reveal() != canaryAccess+"b" {
		t.Fatal("the wrong token")
	}
	wantPage(t, b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a"), http.StatusBadRequest, "state")
	wantPage(t, b.get(at), http.StatusBadRequest, "state")
}

func TestChoiceIsBound(t *testing.T) {
	l := newLab(t)
	l.con.found = threePages()
	b := l.browser()
	at := b.toChoice()
	key := choiceKey(t, at)

	stranger := l.browser()
	wantPage(t, stranger.get(at), http.StatusBadRequest, "state")
	wantPage(t, stranger.post("/connect/choose", "choice", key, "account", "chirp/channel/a"), http.StatusBadRequest, "state")
	wantText(t, text(b.get(at)), "Name of a") // still open

	b.header.Set("Test-User", "t2")
	wantPage(t, b.post("/connect/choose", "choice", key, "account", "chirp/channel/a"), http.StatusBadRequest, "state")
	l.wantStored()

	// A state is no key of a choice, nor the other way round.
	b = l.browser()
	state := b.begin()
	wantPage(t, b.post("/connect/choose", "choice", state, "account", "chirp/channel/a"), http.StatusInternalServerError, "sealed")
	key = choiceKey(t, b.toChoice())
	wantPage(t, b.get(callback(key)), http.StatusInternalServerError, "sealed")
	l.wantStored()
}

func TestChoiceOfWhatWasNotOffered(t *testing.T) {
	for _, accounts := range [][]string{{"chirp/channel/c"}, {"chirp/channel/z"}, {"chirp/channel/a", "chirp/channel/c"}, {"chirp/channel/a", "chirp/channel/a"}, {"nonsense"}} {
		l := newLab(t)
		l.con.found = threePages()
		b := l.browser()
		form := []string{"choice", choiceKey(t, b.toChoice())}
		for _, a := range accounts {
			form = append(form, "account", a)
		}
		if res := b.post("/connect/choose", form...); res.StatusCode != http.StatusBadRequest {
			t.Fatalf("%q: status %d", accounts, res.StatusCode)
		}
		l.wantStored()
	}
}

func TestChoiceExpires(t *testing.T) {
	l := newLab(t)
	l.store.Store = laxStore{connect.NewMemoryStore(nil)}
	l.con.found = threePages()
	b := l.browser()
	at := b.toChoice()
	cookies := b.jar.Cookies(mustURL(t, base))
	l.clock.Advance(15 * 60e9)
	b.jar.SetCookies(mustURL(t, base), cookies)
	wantPage(t, b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a"), http.StatusBadRequest, "state")
	l.wantStored()
}

func TestNoneCanBeChosen(t *testing.T) {
	l := newLab(t)
	l.con.found = threePages()[2:]
	b := l.browser()
	wantPage(t, b.get(callback(b.begin())), http.StatusForbidden, "forbidden")

	other := account("d")
	other.Err = smm.ErrUnavailable
	l.con.found = append(l.con.found, other)
	res := b.get(callback(b.begin()))
	body := text(res)
	if res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, "checkbox") || strings.Contains(body, "<button") {
		t.Fatalf("%d: %s", res.StatusCode, body)
	}
	wantText(t, body, "none of them can be connected", "A right, role", "cannot be reached")
	l.con.found = nil
	wantPage(t, b.get(callback(b.begin())), http.StatusUnprocessableEntity, "no-account")
}

func TestRequiredCapabilities(t *testing.T) {
	l := newLab(t, func(c *connect.Config) { c.Required = []smm.Capability{smm.CapListComments} })
	one := account("a")
	one.Missing = []string{"read"}
	l.con.found = []smm.Connected{one}
	b := l.browser()
	wantPage(t, b.get(callback(b.begin())), http.StatusForbidden, "scopes")
	l.wantStored()

	l.con.found = []smm.Connected{one, account("b"), account("c")}
	body := text(b.get(b.toChoice()))
	wantText(t, body, `value="chirp/channel/a" disabled`, "A permission that is needed was not given")
	l.con.found = []smm.Connected{account("b")}
	wantText(t, text(b.get(callback(b.begin()))), "Connected to Chirp")
}

func TestMissingScopesAreAWarning(t *testing.T) {
	l := newLab(t)
	one := account("a")
	one.Missing = []string{"write", "unknown"}
	l.con.found = []smm.Connected{one}
	b := l.browser()
	body := text(b.get(callback(b.begin())))
	wantText(t, body, "Connected to Chirp", "this site cannot", "<li>publish posts</li>", "<li>publish an image</li>")
	if strings.Contains(body, "read comments") {
		t.Fatal("what was granted is said to be missing")
	}
	l.wantStored("a")
}

func TestAnswersOfAConnectorThatCannotBe(t *testing.T) {
	wrong := account("a")
	wrong.Channel.Ref.Platform = "zwitscher"
	post := account("a")
	post.Channel.Ref.Kind = smm.KindPost
	for _, found := range [][]smm.Connected{{wrong}, {post}, {{}}, {account("a"), account("a")}} {
		l := newLab(t)
		l.con.found = found
		b := l.browser()
		wantPage(t, b.get(callback(b.begin())), http.StatusInternalServerError, "internal")
		l.wantStored()
	}
}

func TestMoreThanAStoreTakes(t *testing.T) {
	l := newLab(t)
	l.con.found = nil
	for i := range 60 {
		a := account(fmt.Sprint("p", i))
		a.Credential.AccessToken = smm.NewSecret(strings.Repeat("x", 20<<10))
		l.con.found = append(l.con.found, a)
	}
	b := l.browser()
	wantPage(t, b.get(callback(b.begin())), http.StatusBadRequest, "invalid")
	l.wantStored()
}
