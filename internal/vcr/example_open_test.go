package vcr_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/smmkit/smmkit/internal/vcr"
)

// A cassette written from documentation: it says so, and answers once.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "vcr")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "status")
	files := map[string]string{
		".yaml":            "interactions:\n- request: {method: GET, url: 'https://api.example.com/v1/status'}\n  response: {code: 200, body: up}\n",
		".provenance.json": `{"source": "documentation", "link": "https://docs.example.com/status", "date": "2026-11-22"}`,
	}
	for suffix, content := range files {
		if err := os.WriteFile(path+suffix, []byte(content), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	rec, err := vcr.New(path) // in a test: vcr.Open(t, "testdata/status")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := rec.Client().Get("https://api.example.com/v1/status")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println(resp.StatusCode, rec.Stop())
	// Output: 200 <nil>
}
