package xtest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

// spoken is an operation of the specification that the simulator has.
type spoken struct {
	method, template, path string
	op                     m
}

func (s *specification) parameters(o m) (out []m) {
	list, _ := o["parameters"].([]any)
	for _, p := range list {
		out = append(out, s.resolve(p.(m)))
	}
	return out
}

// operations lists what the simulator has, with paths about alice.
func (s *specification) operations(w *wire) (out []spoken) {
	for tmpl, item := range s.doc["paths"].(m) {
		for method, op := range item.(m) {
			if _, isOp := op.(m)["operationId"]; !isOp {
				continue
			}
			path := tmpl
			for _, p := range s.parameters(op.(m)) {
				if p["in"] == "path" {
					path = strings.ReplaceAll(path, "{"+p["name"].(string)+"}", stand(w, tmpl, p["name"].(string)))
				}
			}
			o := spoken{strings.ToUpper(method), tmpl, path, op.(m)}
			if w.do(o.method, path, nil).status != 404 {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, func(a, b spoken) int { return strings.Compare(a.template+a.method, b.template+b.method) })
	return out
}

func stand(w *wire, tmpl, name string) string {
	switch {
	case strings.HasPrefix(tmpl, "/2/users/{") && (name == "id" || name == "source_user_id"):
		return w.me
	case name == "username":
		return "bob"
	case name == "media_key":
		return "3_1"
	}
	return "1"
}

// security returns the scopes that OAuth 2.0 needs, and which of the three kinds
// of tokens serve.
func security(op m) (scopes []string, oauth2, oauth1, app bool) {
	list, _ := op["security"].([]any)
	for _, one := range list {
		for scheme, need := range one.(m) {
			switch scheme {
			case "OAuth2UserToken":
				oauth2 = true
				for _, sc := range need.([]any) {
					scopes = append(scopes, sc.(string))
				}
			case "UserToken":
				oauth1 = true
			case "BearerToken":
				app = true
			}
		}
	}
	return scopes, oauth2, oauth1, app
}

// TestSecurityIsThatOfTheSpecification: every operation takes the kinds of tokens
// that the document lists, and each scope is needed.
func TestSecurityIsThatOfTheSpecification(t *testing.T) {
	s := loadSpecification(t)
	w := open(t, &xtest.Options{NoQuotas: true, Tier: xtest.Enterprise})
	w.Author("bob")
	ops := s.operations(w)
	require.Equal(t, 68, len(ops))
	nonce := 0
	for _, o := range ops {
		name := o.method + " " + o.template
		scopes, oauth2, oauth1, app := security(o.op)
		wrongKind := func(a answer) bool { return a.str("title") == "Unsupported Authentication" }
		require.Equal(t, !app, wrongKind(w.bearer().do(o.method, o.path, nil)), "%s by an app", name)
		nonce++
		head := w.sign1(o.method, o.path, nil, fmt.Sprint("n", nonce), w.world.Clock.Now())
		a := w.do(o.method, o.path, nil, head)
		require.NotEqual(t, 401, a.status, name)
		require.Equal(t, !oauth1, wrongKind(a), "%s by OAuth 1.0a", name)
		a = w.with(w.IssueToken("alice", scopes...)).do(o.method, o.path, nil)
		require.Equal(t, !oauth2, wrongKind(a), "%s by OAuth 2.0", name)
		if !oauth2 {
			continue
		}
		lacking := func(a answer) bool { return a.status == 403 && a.str("detail") == "Forbidden" }
		require.False(t, lacking(a), "%s with %v: %s", name, scopes, a.body)
		for i := range scopes {
			rest := slices.Delete(slices.Clone(scopes), i, i+1)
			require.True(t, lacking(w.with(w.IssueToken("alice", rest...)).do(o.method, o.path, nil)), "%s without %s", name, scopes[i])
		}
	}
}

// TestParametersAreThoseOfTheSpecification: every parameter that the document
// lists is known, with all values of its enumeration, and numbers have the bounds
// that it gives.
func TestParametersAreThoseOfTheSpecification(t *testing.T) {
	s := loadSpecification(t)
	w := open(t, &xtest.Options{NoQuotas: true, Tier: xtest.Enterprise})
	w.Author("bob")
	for _, o := range s.operations(w) {
		name := o.method + " " + o.template
		_, oauth2, _, _ := security(o.op)
		who := w
		if !oauth2 {
			who = w.bearer()
		}
		for _, p := range s.parameters(o.op) {
			if p["in"] != "query" {
				continue
			}
			param, schema := p["name"].(string), s.resolve(p["schema"].(m))
			ask := func(v string) string {
				q := url.Values{}
				q.Set(param, v)
				if param != "query" && strings.Contains(o.path, "/recent") {
					q.Set("query", "x")
				}
				return who.do(o.method, o.path+"?"+q.Encode(), nil).body
			}
			about := "`" + param + "`"
			require.NotContains(t, ask("x"), "The query parameter [", "%s knows %s", name, param)
			items, isList := schema["items"].(m)
			if !isList {
				items = schema
			}
			values, _ := s.resolve(items)["enum"].([]any)
			for _, v := range values {
				require.NotContains(t, ask(v.(string)), "The "+about+" query parameter value ["+v.(string)+"]", "%s takes %s=%s", name, param, v)
			}
			if param == "max_results" {
				least, most := int(schema["minimum"].(float64)), int(schema["maximum"].(float64))
				for n, good := range map[int]bool{least - 1: false, least: true, most: true, most + 1: false} {
					body := ask(fmt.Sprint(n))
					require.Equal(t, !good, strings.Contains(body, about), "%s with max_results=%d: %s", name, n, body)
				}
			}
		}
	}
}

// sample makes a value of a schema with every property that it has.
func (s *specification) sample(schema m) any {
	schema = s.resolve(schema)
	if e, has := schema["enum"].([]any); has {
		return e[0]
	}
	for _, k := range []string{"oneOf", "anyOf"} {
		if list, has := schema[k].([]any); has && schema["properties"] == nil {
			return s.sample(list[len(list)-1].(m))
		}
	}
	switch schema["type"] {
	case "object":
		o := m{}
		properties, _ := schema["properties"].(m)
		for name, p := range properties {
			o[name] = s.sample(p.(m))
		}
		return o
	case "array":
		return []any{s.sample(schema["items"].(m))}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return "1"
}

// TestBodiesAreThoseOfTheSpecification: the simulator knows every property of
// every body, and its type.
func TestBodiesAreThoseOfTheSpecification(t *testing.T) {
	s := loadSpecification(t)
	w := open(t, &xtest.Options{NoQuotas: true, Tier: xtest.Enterprise})
	n := 0
	for _, o := range s.operations(w) {
		body, _ := o.op["requestBody"].(m)
		content, _ := body["content"].(m)
		kind, isJSON := content["application/json"].(m)
		if !isJSON {
			continue
		}
		n++
		who := w
		if _, oauth2, _, _ := security(o.op); !oauth2 {
			who = w.bearer()
		}
		sample, isObject := s.sample(kind["schema"].(m)).(m)
		require.True(t, isObject, "%s %s: %v", o.method, o.template, kind)
		path := o.path
		if strings.Contains(path, "/append") {
			path = strings.Replace(path, "/1/", "/"+w.begin("image/png", "tweet_image", 3).str("data.id")+"/", 1)
		}
		a := who.do(o.method, path, sample)
		require.NotContains(t, a.body, "is not defined in the schema", "%s %s", o.method, o.template)
		require.NotContains(t, a.body, " expected\"", "%s %s: %s", o.method, o.template, a.body)
		if strings.Contains(o.path, "/users/1/") || strings.Contains(o.template, "{webhook_id}") || strings.Contains(o.template, "{subscription_id}") {
			continue // nothing is there whose body could be looked at
		}
		sample["colour"] = "red"
		require.Contains(t, who.do(o.method, path, sample).body, "$.colour: is not defined in the schema", "%s %s", o.method, o.template)
	}
	require.Equal(t, 20, n)
}
