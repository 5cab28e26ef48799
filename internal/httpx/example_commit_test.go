package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// A driver's commit: one request, judged by the platform's table.
func ExampleClient_Commit() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") == "again" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"DuplicatePost"}`)
			return
		}
		fmt.Fprint(w, `{"id":"42"}`)
	}))
	defer server.Close()

	client, err := httpx.New(httpx.Config{
		Platform: "example",
		BaseURL:  server.URL,
		Errors: &httpx.ErrorTable{
			Platform: "example",
			Decode: func(r *httpx.Response) (v httpx.VendorError) {
				_ = r.JSON(&struct{ Error *string }{&v.Code}) // an unreadable body has no code
				return v
			},
			Rows: []httpx.ErrorRow{{Status: 400, Code: "DuplicatePost", Err: smm.ErrDuplicate}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	create := func(key string) (smm.Outcome, error) {
		resp, fate, err := client.Commit(context.Background(), &httpx.Request{
			Op: "posts.create", Method: http.MethodPost, URL: "/posts",
			Header: http.Header{"Idempotency-Key": {key}},
			Body:   httpx.JSON(struct{ Text string }{"hello"}),
			Auth:   httpx.Bearer(smm.NewSecret("token")),
		})
		out := client.Outcome(fate, resp)
		if err != nil {
			return out, err
		}
		post, err := httpx.Decode[struct{ ID string }](resp)
		if err != nil {
			return out, err // still unknown: it may be public
		}
		out.State, out.Post = smm.OutcomePublished, smm.Ref{Platform: "example", Kind: smm.KindPost, ID: post.ID}
		return out, nil
	}

	out, err := create("first")
	fmt.Println(out.State, out.Post.ID, err)
	out, err = create("again")
	fmt.Println(out.State, errors.Is(err, smm.ErrDuplicate), err)
	// Output:
	// published 42 <nil>
	// refused true example posts.create: refused as a duplicate (status 400, code DuplicatePost)
}

// unlimited grants everything; hosts use package smm/quota.
type unlimited struct{}

func (unlimited) Reserve(_ context.Context, _ smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	return smm.QuotaGrant{Charges: charges}, nil
}

func (unlimited) Report(context.Context, smm.QuotaGrant, smm.QuotaReport) {}

// Reading a list with a quota between the driver and the platform.
func ExampleClient_Read() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"ids":["1","2"],"limit":%q}`, r.URL.Query().Get("limit"))
	}))
	defer server.Close()

	key := smm.QuotaKey{Platform: "example", Bucket: "reads"}
	client, err := httpx.New(httpx.Config{
		Platform: "example", BaseURL: server.URL,
		Quota: unlimited{},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Read(context.Background(), &httpx.Request{
		Op: "posts.list", URL: httpx.Path("/accounts", "a/b", "posts"), Query: map[string][]string{"limit": {"2"}},
		Charges: []smm.Charge{{Key: key, Cost: 1}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var list struct{ IDs []string }
	fmt.Println(resp.JSON(&list), list.IDs)
	// Output: <nil> [1 2]
}
