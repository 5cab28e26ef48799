package deptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// tree makes a file system of names and contents.
func tree(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS, len(files))
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}

	return fsys
}

func load(t *testing.T, files map[string]string) []*File {
	t.Helper()

	loaded, err := LoadFiles(tree(files))
	if err != nil {
		t.Fatal(err)
	}

	return loaded
}

func TestPackagesSeesEveryImport(t *testing.T) {
	files := load(t, map[string]string{
		"go.mod":                      "module " + repo.Module + "\n",
		"smm/smm.go":                  "package smm\nimport (\n\t\"fmt\"\n\tj \"encoding/json\"\n)\nvar _, _ = fmt.Sprint, j.Valid\n",
		"smm/other.go":                "//go:build plan9 && sometag\n\npackage smm\nimport _ \"example.com/hidden\"\n",
		"smm/gen.go":                  "//go:build ignore\n\npackage main\nimport _ \"example.com/generator\"\n",
		"smm/smm_test.go":             "package smm_test\nimport _ \"testing\"\n",
		"smm/inner_test.go":           "package smm\nimport _ \"example.com/inner\"\n",
		"smm/store/go.mod":            "module " + repo.Module + "/smm/store\n",
		"smm/store/store.go":          "package store\nimport _ \"modernc.org/sqlite\"\n",
		"smm/testdata/broken.go":      "this is not Go",
		"smm/_old/old.go":             "this is not Go",
		".git/hooks/x.go":             "this is not Go",
		"smm/vendor/example.com/x.go": "this is not Go",
	})

	packages, err := Packages(files)
	if err != nil {
		t.Fatal(err)
	}

	want := []Package{
		{
			Path:        repo.Module + "/smm",
			Imports:     []string{"encoding/json", "example.com/generator", "example.com/hidden", "fmt"},
			TestImports: []string{"example.com/inner", "testing"},
			InnerTests:  []string{"inner_test.go"},
		},
		{Path: repo.Module + "/smm/store", Imports: []string{"modernc.org/sqlite"}},
	}
	if got := fmt.Sprint(packages); got != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestLoadFilesNamesWhatIsNotGo(t *testing.T) {
	_, err := LoadFiles(tree(map[string]string{"smm/broken.go": "package smm\nfunc {"}))
	if err == nil || !strings.Contains(err.Error(), "smm/broken.go:2") {
		t.Errorf("got %v, want an error that names smm/broken.go:2", err)
	}
}

func TestFindModules(t *testing.T) {
	modules, err := FindModules(tree(map[string]string{
		"go.mod":                "module " + repo.Module + "\n\ngo 1.26.0\n",
		"smm/store/go.mod":      "// Comment.\nmodule " + repo.Module + "/smm/store // note\n",
		"examples/go.mod":       "module example.com/other\n",
		"smm/testdata/x/go.mod": "module x\n",
	}))
	if err != nil {
		t.Fatal(err)
	}

	want := []ModuleDir{{".", repo.Module}, {"examples", "example.com/other"}, {"smm/store", repo.Module + "/smm/store"}}
	if !slices.Equal(modules, want) {
		t.Errorf("got %v, want %v", modules, want)
	}
}
