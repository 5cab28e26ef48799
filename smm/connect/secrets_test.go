package connect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// TestNothingLeaks runs every way through the flow and looks for secrets in all
// that can be seen: pages, headers but for the own cookies, logs, errors, what
// lies in the store, and every exported value printed in every way.
func TestNothingLeaks(t *testing.T) {
	var seen bytes.Buffer
	l := newLab(t)
	show := func(v ...any) {
		for _, x := range v {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
				fmt.Fprintf(&seen, verb+"\n", x)
			}
			_ = json.NewEncoder(&seen).Encode(x)
			slog.New(slog.NewJSONHandler(&seen, nil)).Info("x", "v", x)
		}
	}
	page := func(res *http.Response) *http.Response {
		fmt.Fprintln(&seen, res.StatusCode, text(res))
		for k, v := range res.Header {
			if k != "Set-Cookie" {
				fmt.Fprintln(&seen, k, v)
			}
		}
		return res
	}
	b := l.browser()
	page(b.get("/connect/"))
	state := b.begin()
	cookies := b.jar.Cookies(mustURL(t, base))
	page(b.get(callback(state)))
	b.jar.SetCookies(mustURL(t, base), cookies)
	page(b.get(callback(state)))
	for _, bad := range []string{"&iss=x&iss=y", "&code=" + canaryCode, "&error=" + canaryWords, "&state=x", "&x=%zz"} {
		page(b.get(callback(b.begin()) + bad))
	}
	l.con.finishErr = &smm.Error{Platform: "chirp", Message: canaryWords, Err: smm.ErrUnavailable}
	page(b.get(callback(b.begin())))
	page(b.get(callback(b.begin(), "code", "", "error", canaryWords, "error_description", canaryWords)))
	l.con.finishErr = nil
	l.con.found = threePages()
	at := b.toChoice()
	page(b.get(at))
	page(b.post("/connect/choose", "choice", choiceKey(t, at), "account", "chirp/channel/a"))
	page(b.post("/connect/token/chirp", "token.handle", "me", "token.app_password", canaryExtra, "token.access_token", canaryAccess))
	l.con.finishErr = smm.ErrInvalid
	page(b.post("/connect/token/chirp", "token.handle", "me", "token.app_password", canaryExtra, "token.access_token", canaryAccess))
	page(b.post("/connect/token/chirp", "token.handle", "me", "token.app_password", canaryExtra+strings.Repeat("x", 9<<10)))
	l.con.finishErr = nil

	ctx := t.Context()
	begun, err := l.flow.Begin(ctx, connect.BeginRequest{Tenant: "t1", Platform: "chirp"})
	seen.WriteString(l.log.String())
	if strings.Contains(seen.String(), canaryWords) {
		t.Error("the vendor's words are on a page or in the log")
	}
	show(begun, err)
	finish := connect.FinishRequest{Tenant: "t1", Platform: "chirp", Binding: begun.Binding, Reply: smm.ConnectReply{Code: smm.NewSecret(canaryCode), State: mustURL(t, begun.URL).Query().Get("state")}}
	res, err := l.flow.Finish(ctx, finish)
	show(finish, res, err, res.Choice)
	choose := connect.ChooseRequest{Tenant: "t1", Key: res.Choice.Key, Binding: res.Choice.Binding, Accounts: []smm.Ref{ref("a")}}
	chosen, err := l.flow.Choose(ctx, choose)
	show(choose, chosen, err)
	token := connect.TokenRequest{Tenant: "t1", Platform: "chirp", Credential: account("a").Credential}
	res, err = l.flow.AcceptToken(ctx, token)
	show(token, res, err)
	done, err := l.flow.Disconnect(ctx, connect.DisconnectRequest{Tenant: "t1", Account: ref("a")})
	show(done, err, l.flow)
	_, err = l.flow.Finish(ctx, finish)
	show(err, connect.ProblemOf(err), connect.ErrDenied, connect.ErrIssuer, connect.ErrOtherAccount, connect.ErrScopes, connect.ErrNoAccount, connect.ErrLost, connect.ErrNotRevoked)
	seen.WriteString(l.log.String())
	for id, sealed := range l.store.puts {
		fmt.Fprintln(&seen, id, string(sealed))
	}

	secrets := []string{canaryAccess, canaryRefresh, canaryExtra, canaryCode, canaryPrivate, begun.Binding.Reveal(), choose.Binding.Reveal()}
	for _, c := range cookies {
		secrets = append(secrets, c.Value)
	}
	all := seen.String()
	for _, s := range secrets {
		for _, form := range []string{s, fmt.Sprintf("%x", s)} {
			if i := strings.Index(all, form); i >= 0 {
				t.Errorf("%q got out: ...%s...", form, all[max(0, i-120):min(len(all), i+40)])
			}
		}
	}
	if len(secrets) != 8 || len(all) < 20_000 {
		t.Fatalf("looked for %d secrets in %d bytes: the test has lost its eyes", len(secrets), len(all))
	}
}

// fill sets every field to something that is not zero.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[smm.Secret]() {
		v.Set(reflect.ValueOf(smm.NewSecret("secret")))
		return
	}
	if v.Type() == reflect.TypeOf(start) {
		v.Set(reflect.ValueOf(start))
		return
	}
	if v.Type() == reflect.TypeFor[smm.Ref]() {
		v.Set(reflect.ValueOf(ref("1")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Int64, reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), e)
	default:
		panic("a field of an unknown kind: " + v.Type().String())
	}
}

// TestNothingIsLostOnTheWay: every field of what is kept between two requests
// comes back, also those that will be added to package smm one day.
func TestNothingIsLostOnTheWay(t *testing.T) {
	var s smm.ConnectStart
	fill(reflect.ValueOf(&s).Elem())
	back, err := connect.StartThroughWire(s)
	if err != nil || !reflect.DeepEqual(back, s) {
		t.Fatalf("%v\n%+v\n%+v", err, back, s)
	}
	c := smm.Connected{}
	fill(reflect.ValueOf(&c.Channel).Elem())
	fill(reflect.ValueOf(&c.Credential).Elem())
	fill(reflect.ValueOf(&c.Missing).Elem())
	again, err := connect.ConnectedThroughWire(c)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Fatalf("%v\n%+v\n%+v", err, again, c)
	}
	for _, e := range []error{
		smm.ErrUnsupported, smm.ErrNotFound, smm.ErrUnauthorized, smm.ErrForbidden, smm.ErrRateLimited, smm.ErrRejected,
		smm.ErrInvalid, smm.ErrUnavailable, smm.ErrConflict, smm.ErrSealed, connect.ErrScopes,
	} {
		back, err := connect.ConnectedThroughWire(smm.Connected{Channel: c.Channel, Err: fmt.Errorf("probe: %w", e)})
		if err != nil {
			t.Fatal(err)
		}
		wantIs(t, back.Err, e)
		if connect.ProblemOf(back.Err) != connect.ProblemOf(e) {
			t.Errorf("%v has other words than before", e)
		}
	}
}
