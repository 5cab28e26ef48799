package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStory(t *testing.T) {
	folder := t.TempDir()
	var out bytes.Buffer
	if err := story(t.Context(), folder, &out); err != nil {
		t.Fatal(err)
	}
	want := "connected: channel on mastodon\npublic: 1 post, 0 duplicates\nin the inbox: bob says @alice are you open?\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for _, name := range []string{"credentials.json", "deliveries.json"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || len(b) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(string(b), "sim-") {
			t.Errorf("%s holds a token in the open", name)
		}
	}
}
