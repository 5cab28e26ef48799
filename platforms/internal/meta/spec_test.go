package meta_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// specObject is a type in the vendor's code generator.
type specObject struct {
	APIs []struct {
		Method   string `json:"method"`
		Endpoint string `json:"endpoint"`
		Return   string `json:"return"`
	} `json:"apis"`
	Fields []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"fields"`
}

func spec(t *testing.T, name string) specObject {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/meta-graph.json.gz"), &all))
	var o specObject
	require.NoError(t, json.Unmarshal(all[name], &o), name)
	return o
}

func (o specObject) has(method, edge, returns string) bool {
	for _, a := range o.APIs {
		if a.Method == method && a.Endpoint == edge && (returns == "" || a.Return == returns) {
			return true
		}
	}
	return false
}

// outsideTheSpec are fields that the generator lacks, with who documents them.
var outsideTheSpec = map[string]string{
	"tasks": "the guide to tokens of Pages; values in the enum of tasks of the generator (2026-04)",
}

// TestContract compares what this package itself asks for, and what the simulator
// answers to that, with the vendor's published types.
func TestContract(t *testing.T) {
	user, page := spec(t, "User"), spec(t, "Page")
	require.True(t, user.has("GET", "accounts", "Page"))
	require.True(t, user.has("GET", "permissions", ""))
	require.True(t, user.has("DELETE", "permissions", ""))

	known := func(name string) bool {
		_, excused := outsideTheSpec[name]
		for _, f := range page.Fields {
			if f.Name == name {
				require.False(t, excused, "%s is in the spec now", name)
				return true
			}
		}
		return excused
	}
	rec := &canned{status: 200, body: `{"data":[]}`}
	_, err := cannedClient(t, rec).Accounts(t.Context(), meta.ListParams{})
	require.NoError(t, err)
	asked := strings.Split(rec.seen[0].URL.Query().Get("fields"), ",")
	for _, f := range asked {
		require.True(t, known(f), "asked for %q, which a Page has not", f)
	}

	b := open(t, nil)
	token := b.IssueToken(b.user, "pages_show_list")
	req, err := http.NewRequest(http.MethodGet, b.URL()+"/v25.0/me/accounts", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer struct {
		Data []map[string]json.RawMessage `json:"data"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	require.Len(t, answer.Data, 1)
	for name := range answer.Data[0] {
		require.True(t, known(name), "the simulator answers %q, which a Page has not", name)
		require.True(t, slices.Contains(asked, name), "the simulator answers %q, which nobody asks for", name)
	}
	require.NotEqual(t, smm.Platform(""), b.Platform())
}
