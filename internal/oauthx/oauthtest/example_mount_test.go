package oauthtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
)

// A simulator mounts the server beside its own resources.
func ExampleServer() {
	auth, err := oauthtest.New(oauthtest.Options{Scopes: []string{"read"}, TokenLife: time.Hour})
	if err != nil {
		panic(err)
	}
	simulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth.Handles(r.URL.Path) {
			auth.ServeHTTP(w, r)
			return
		}
		access, err := auth.Introspect(r)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(access.Subject)
	}))
	defer simulator.Close()

	token, _ := auth.Issue("app", "did:sim:alice", []string{"read"}, "")
	ask := func() int {
		req, err := http.NewRequest(http.MethodGet, simulator.URL+"/whoami", nil)
		if err != nil {
			panic(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	fmt.Println(ask())
	auth.RevokeSubject("did:sim:alice")
	fmt.Println(ask())
	// Output:
	// 200
	// 401
}
