package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func pack(t *testing.T, name, text string) {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := zw.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRun(t *testing.T) {
	shared := t.TempDir()
	t.Setenv("SMMKIT_SHARED", shared)
	t.Chdir(t.TempDir())
	var log bytes.Buffer
	if err := run(&log); err != nil || !strings.Contains(log.String(), "stays as it is") {
		t.Fatalf("without data: %v, %q", err, log.String())
	}
	if exists(output) {
		t.Fatal("written without data")
	}

	dir := filepath.Join(shared, "data", "vader")
	pack(t, filepath.Join(dir, "vader_lexicon.txt.gz"), "joy\t2.8\t0.8\t[3]\nTears\t-0.9\t1\t[1]\nOK\t1\t1\t[]\nok\t1.2\t1\t[]\nsmiling\t2\t1\t[]\n")
	pack(t, filepath.Join(dir, "emoji_utf8_lexicon.txt.gz"), "😂\tface with tears of joy\n☺️\tsmiling face\n👩‍🚀\tjoy joy\n🚗\tcar\n")
	if err := run(&log); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	if want := notice + "joy\t28\nok\t12\nsmiling\t20\ntears\t-9\n☺\t20\n😂\t19\n"; string(got) != want {
		t.Errorf("got %q", strings.TrimPrefix(string(got), notice))
	}

	pack(t, filepath.Join(dir, "vader_lexicon.txt.gz"), "joy\tmuch\n")
	if err := run(&log); err == nil || !strings.Contains(err.Error(), ":1:") {
		t.Errorf("a weight that is none: %v", err)
	}
	if again, err := os.ReadFile(output); err != nil || !bytes.Equal(again, got) {
		t.Errorf("a failed run changed the list: %v", err)
	}
}
