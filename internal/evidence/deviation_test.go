package evidence

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestDeviations(t *testing.T) {
	read := func(body string) ([]Deviation, error) {
		folder := t.TempDir()
		put(t, filepath.Join(folder, "testdata", "deviations.json"), body)
		return Deviations(folder)
	}
	got, err := read(`[{"from":"sheet","says":"a","here":"b","excuses":["p","q"]},{"from":"contract","says":"c","here":"d","excuses":["p"]}]`)
	want := []Deviation{{"sheet", "a", "b", []string{"p", "q"}}, {"contract", "c", "d", []string{"p"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, body := range []string{
		``, `{}`, `[{"from":"sheet","says":"a"}]`, `[{"from":"sheet","says":"a","here":"b","why":"c"}]`,
		`[{"from":"s","says":"a","here":"b","excuses":["p","p"]}]`, `[{"from":"s","says":"a","here":"b","excuses":[""]}]`,
		`[{"from":"s","says":"a","here":"b","excuses":["p"]},{"from":"s","says":"c","here":"d","excuses":["p"]}]`,
	} {
		if got, err := read(body); err == nil {
			t.Errorf("%s was read as %v", body, got)
		}
	}
	if none, err := Deviations(t.TempDir()); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
}

func TestExcuses(t *testing.T) {
	all := Excuses(t, "facebook", "facebook-business-sdk-codegen v25.0")
	if len(all) != 3 || !strings.Contains(all["Page POST messenger_profile greeting"], "documented") {
		t.Errorf("%v", all)
	}
}
