package x_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// ExamplePriceOfPost asks what a post costs before it is written.
func ExamplePriceOfPost() {
	for _, text := range []string{"We are open again.", "We are open again: https://example.com"} {
		fmt.Println(x.PriceOfPost(&x.PostParams{Text: text}).Of(0), text)
	}
	// Output:
	// 0.015 USD We are open again.
	// 0.20 USD We are open again: https://example.com
}

// ExampleClient publishes an image with alt text.
func ExampleClient() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path { // in the place of X
		case "/2/media/upload", "/2/media/metadata":
			_, _ = io.WriteString(w, `{"data":{"id":"1880028106020515840"}}`)
		case "/2/tweets":
			_, _ = io.WriteString(w, `{"data":{"id":"1900000000000000001","text":"Our new shop"}}`)
		}
	}))
	defer server.Close()

	ctx := context.Background()
	client, err := x.NewClient(x.ClientConfig{BaseURL: server.URL, Token: smm.NewSecret("..."), Account: "2244994945", Tier: x.TierSelfServe})
	if err != nil {
		fmt.Println(err)
		return
	}
	const png = "the bytes of an image"
	file, err := client.Media.UploadImage(ctx, x.Upload{Reader: strings.NewReader(png), Size: int64(len(png)), Type: "image/png"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Media.SetAltText(ctx, file.ID, "A shop window with a bicycle"); err != nil {
		fmt.Println(err)
		return
	}
	post, err := client.Posts.Create(ctx, x.PostParams{Text: "Our new shop", Media: &x.MediaParams{MediaIDs: []x.ID{file.ID}}})
	fmt.Println(x.Permalink("shop", post.ID), err)
	// Output: https://x.com/shop/status/1900000000000000001 <nil>
}

// ExampleVerifySignature is a webhook: the check of the address, and events whose
// signature is X's.
func ExampleVerifySignature() {
	secret := smm.NewSecret("the consumer secret of the app")
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer, err := x.AnswerCRC(secret, r.URL.Query().Get("crc_token"))
			if err != nil {
				http.Error(w, "no", http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || x.VerifySignature(secret, r.Header.Get(x.SignatureHeader), body) != nil {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		events, err := x.ParseActivity(body)
		for _, e := range events {
			if e.Post != nil {
				fmt.Println(e.Type, e.Post.Text)
			}
		}
		if err != nil {
			fmt.Println(err)
		}
	}

	for _, sign := range []smm.Secret{secret, smm.NewSecret("another")} {
		const body = `{"data":{"event_type":"post.mention.create","payload":{"id":"5","text":"@shop are you open?"}}}`
		r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
		r.Header.Set(x.SignatureHeader, x.Sign(sign, []byte(body)))
		w := httptest.NewRecorder()
		handler(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// post.mention.create @shop are you open?
	// 200
	// 403
}
