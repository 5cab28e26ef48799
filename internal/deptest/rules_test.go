package deptest

import (
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// own expands the short form of this repository's paths.
func own(name string) string {
	if rel, ok := strings.CutPrefix(name, "./"); ok {
		return repo.Module + "/" + rel
	}

	return name
}

const (
	goCmp   = "github.com/google/go-cmp/cmp"
	require = "github.com/stretchr/testify/require"
	oauth2  = "golang.org/x/oauth2"
	text    = "golang.org/x/text/unicode/norm"
	goVCR   = "github.com/dnaeon/go-vcr/v2/recorder"
	retry   = "github.com/hashicorp/go-retryablehttp"
)

// A sample holds packages that one row governs, and what they may and may not
// import. Words are separated by blanks.
type sample struct {
	rule     string
	packages string
	code     string // allowed in code and in tests
	noCode   string // refused in code
	tests    string // allowed in tests alone
	noTests  string // refused in tests
	external bool   // whether tests inside the package are refused
}

var samples = []sample{
	{
		rule:     "the store on SQLite",
		packages: "./smm/sqlitestore ./smm/sqlitestore/migrate",
		code:     "database/sql modernc.org/sqlite modernc.org/sqlite/lib ./smm ./smm/inbox ./smm/sim ./scheduler ./moderation ./smm/sqlitestore/migrate",
		noCode:   "./analytics ./platforms/x ./internal/httpx ./smm/pgstore ./smm/smmtest ./scheduler/schedulertest github.com/jackc/pgx/v5 " + goCmp,
		tests:    "./scheduler/schedulertest ./smm/smmtest ./internal/sharedspec " + goCmp + " " + require,
		noTests:  "./smm/pgstore ./platforms/x/xtest ./internal/vcr",
	},
	{
		rule:     "the store on PostgreSQL",
		packages: "./smm/pgstore",
		code:     "context github.com/jackc/pgx/v5 github.com/jackc/pgx/v5/pgxpool ./smm/vault ./scheduler ./moderation",
		noCode:   "./smm/sqlitestore ./smm/smmtest modernc.org/sqlite github.com/riverqueue/river github.com/lib/pq ./brand",
		tests:    "./scheduler/schedulertest " + require,
		noTests:  "./smm/sqlitestore",
	},
	{
		rule:     "the engine on River",
		packages: "./scheduler/riverengine",
		code:     "context github.com/riverqueue/river github.com/riverqueue/river/riverdriver/riverpgxv5 github.com/jackc/pgx/v5 ./smm/pgstore ./scheduler ./scheduler/riverengine/migrate",
		noCode:   "./smm/sqlitestore ./smm/smmtest ./internal/httpx ./analytics",
		tests:    "./scheduler/schedulertest " + goCmp,
		noTests:  "./smm/sqlitestore ./platforms/x",
	},
	{
		rule:     "the conformance suite of drivers and of stores",
		packages: "./smm/smmtest",
		code:     "testing ./smm ./smm/sim",
		noCode:   "./smm/inbox ./scheduler ./internal/httpx " + require + " " + goCmp,
		tests:    "./internal/sharedspec",
		noTests:  require + " " + goCmp + " ./platforms/mastodon",
	},
	{
		rule:     "the conformance suite of one part of smm",
		packages: "./smm/vault/vaulttest",
		code:     "testing ./smm ./smm/sim ./smm/vault",
		noCode:   "./smm/ads " + require,
		noTests:  require,
	},
	{
		rule:     "the conformance suites of the scheduler",
		packages: "./scheduler/schedulertest",
		code:     "testing testing/synctest ./smm ./smm/sim ./scheduler ./scheduler/schedulertest/stores",
		noCode:   "./smm/inbox ./smm/smmtest ./analytics " + require,
		noTests:  require,
	},
	{
		rule:     "the portable model",
		packages: "./smm",
		code:     "context encoding/json unsafe",
		noCode:   "./smm/sim ./smm/inbox ./smm/smmtest ./internal/textx ./internal/sharedspec " + text + " " + oauth2,
		tests:    "./smm/sim ./smm/smmtest ./internal/sharedspec",
		noTests:  require + " " + goCmp + " ./smm/inbox ./platforms/mastodon",
	},
	{
		rule:     "quotas",
		packages: "./smm/quota",
		code:     "time ./smm",
		noCode:   "golang.org/x/time/rate ./smm/sim ./smm/vault ./internal/httpx ./smm/quota/quotatest " + oauth2,
		tests:    "golang.org/x/time/rate ./smm/sim ./smm/quota/quotatest " + require,
		noTests:  "./smm/inbox ./platforms/mastodon",
	},
	{
		rule:     "a part of smm",
		packages: "./smm/inbox ./smm/connect ./smm/safehttp ./smm/ads ./smm/listening ./smm/partners ./smm/vault",
		code:     "net/http ./smm",
		noCode:   "./scheduler ./analytics ./internal/httpx ./smm/smmtest ./internal/sharedspec " + oauth2,
		tests:    "./smm/sim ./smm/smmtest ./internal/sharedspec",
		noTests:  "./scheduler " + require + " " + goCmp,
	},
	{
		rule:     "a part of smm",
		packages: "./smm/inbox ./smm/inbox/triage",
		code:     "./smm/inbox ./smm/inbox/triage",
		noCode:   "./smm/ads ./smm/connect ./smm/sim ./smm/inbox/inboxtest",
		tests:    "./smm/inbox/inboxtest",
		noTests:  "./smm/ads ./smm/vault ./smm/ads/adstest",
	},
	{
		rule:     "a part of smm",
		packages: "./smm/sim",
		code:     "net/http ./smm",
		noCode:   "./smm/connect ./scheduler ./smm/smmtest",
		tests:    "./smm/smmtest",
		noTests:  "./smm/inbox " + require,
	},
	{
		rule:     "analytics",
		packages: "./analytics ./analytics/report ./analytics/utm",
		code:     "math ./smm ./analytics ./analytics/benchmark",
		noCode:   "./smm/inbox ./scheduler ./internal/textx gonum.org/v1/gonum/stat ./internal/sharedspec " + text,
		tests:    "./internal/sharedspec",
		noTests:  require + " " + goCmp + " gonum.org/v1/gonum/stat ./smm/sim",
	},
	{
		rule:     "the scheduler",
		packages: "./scheduler ./scheduler/calendar",
		code:     "time ./smm ./scheduler/calendar",
		noCode:   "./scheduler/schedulertest ./scheduler/riverengine ./smm/inbox ./analytics ./brand ./smm/sim " + oauth2,
		tests:    "./scheduler/schedulertest ./smm/sim ./internal/sharedspec",
		noTests:  require + " " + goCmp + " ./scheduler/riverengine ./smm/sqlitestore",
	},
	{
		rule:     "moderation",
		packages: "./moderation ./moderation/keyword ./moderation/link",
		code:     "regexp ./smm ./internal/textx ./moderation/spam " + text,
		noCode:   "./internal/httpx ./brand ./scheduler ./analytics ./smm/inbox ./smm/safehttp github.com/clipperhouse/uax29/v2 " + goCmp,
		tests:    "./internal/sharedspec " + goCmp + " " + require,
		noTests:  "./internal/vcr ./brand",
	},
	{
		rule:     "brand",
		packages: "./brand ./brand/legal",
		code:     "strings ./smm ./internal/textx ./brand/disclosure " + text,
		noCode:   "./moderation ./internal/mediax ./scheduler " + oauth2,
		tests:    "./internal/sharedspec " + goCmp + " " + require,
		noTests:  "./moderation",
	},
	{
		rule:     "the registry of platforms",
		packages: "./platforms/all",
		code:     "fmt ./smm ./platforms/mastodon ./platforms/x",
		noCode:   "./platforms/internal ./platforms/internal/meta ./internal/httpx ./platforms/x/xtest ./smm/inbox " + oauth2,
		tests:    require + " ./platforms/x/xtest ./smm/sim",
		noTests:  "./platforms/internal/meta ./scheduler",
	},
	{
		rule:     "a simulator that platforms share",
		packages: "./platforms/internal/meta/metatest",
		code:     "net/http/httptest ./smm ./smm/sim ./platforms/internal/meta",
		noCode:   "./platforms/facebook ./internal/vcr " + require,
		tests:    require + " ./internal/vcr",
		noTests:  "./platforms/facebook",
	},
	{
		rule:     "code that platforms share",
		packages: "./platforms/internal/meta",
		code:     "net/url ./smm ./smm/safehttp ./internal/httpx ./platforms/internal/wire " + oauth2,
		noCode:   "./platforms/facebook ./smm/ads ./smm/sim ./internal/vcr ./platforms/internal/meta/metatest " + retry,
		tests:    "./internal/vcr ./smm/sim ./platforms/internal/meta/metatest " + goCmp + " " + require,
		noTests:  "./platforms/facebook " + goVCR,
	},
	{
		rule:     "a platform's simulator",
		packages: "./platforms/mastodon/mastodontest",
		code:     "net/http/httptest ./smm ./smm/sim ./platforms/mastodon ./internal/httpx ./internal/oauthx/oauthtest " + oauth2,
		noCode:   "./platforms/bluesky ./platforms/bluesky/blueskytest ./smm/inbox ./smm/smmtest ./internal/vcr " + require,
		tests:    "./smm/smmtest ./internal/vcr ./internal/sharedspec " + require,
		noTests:  "./platforms/bluesky ./platforms/bluesky/blueskytest",
		external: true,
	},
	{
		rule:     "a platform's advertising",
		packages: "./platforms/linkedin/ads",
		code:     "./smm ./smm/ads ./platforms/linkedin ./internal/httpx " + oauth2,
		noCode:   "./platforms/x/ads ./platforms/linkedin/linkedintest ./smm/inbox",
		tests:    "./platforms/linkedin/linkedintest ./smm/sim " + goCmp,
		noTests:  "./platforms/x/ads ./platforms/x/xtest",
		external: true,
	},
	{
		rule:     "a platform",
		packages: "./platforms/mastodon ./platforms/mastodon/streaming",
		code:     "net/http ./smm ./smm/safehttp ./internal/httpx ./internal/textx ./platforms/internal/meta ./platforms/mastodon " + oauth2 + " " + oauth2 + "/clientcredentials",
		noCode: "./platforms/bluesky ./platforms/all ./smm/ads ./smm/inbox ./smm/connect ./smm/sim ./scheduler ./analytics ./moderation ./brand " +
			"./platforms/mastodon/mastodontest ./platforms/internal/meta/metatest ./internal/vcr ./internal/sharedspec ./internal/deptest ./internal/oauthx/oauthtest " +
			text + " " + retry + " golang.org/x/time/rate " + goCmp,
		tests:    "./platforms/mastodon/mastodontest ./internal/oauthx/oauthtest ./smm/smmtest ./smm/sim ./internal/vcr ./internal/sharedspec ./platforms/internal/meta/metatest " + goCmp + " " + require,
		noTests:  "./platforms/bluesky ./platforms/bluesky/blueskytest ./smm/ads ./scheduler ./smm/sqlitestore " + goVCR,
		external: true,
	},
	{
		rule:     "recorded traffic",
		packages: "./internal/vcr",
		code:     "net/http ./smm ./internal/httpx " + goVCR,
		noCode:   "./platforms/x ./smm/sim " + require,
		tests:    goCmp + " " + require,
		noTests:  "./platforms/x",
	},
	{
		rule:     "the tools of the repository",
		packages: "./internal/deptest ./internal/deptest/repo ./internal/citool ./internal/sharedspec",
		code:     "go/parser ./internal/deptest ./internal/deptest/repo",
		noCode:   "./smm ./internal/httpx golang.org/x/tools/go/packages",
		noTests:  require + " " + goCmp,
	},
	{
		rule:     "the workers that tests kill",
		packages: "./internal/worktest",
		code:     "os/exec net/http/httptest ./smm ./scheduler",
		noCode:   "./smm/sqlitestore ./smm/pgstore ./internal/pgtest ./scheduler/schedulertest " + require,
	},
	{
		rule:     "the authorization server of tests",
		packages: "./internal/oauthx/oauthtest",
		code:     "crypto/ecdsa net/http ./smm",
		noCode:   "./internal/oauthx ./internal/httpx ./smm/sim ./smm/safehttp " + require + " " + oauth2,
		tests:    "./internal/oauthx ./smm/sim " + require,
		noTests:  "./platforms/bluesky",
	},
	{
		rule:     "the OAuth client",
		packages: "./internal/oauthx",
		code:     "crypto/ecdsa ./smm ./smm/safehttp ./internal/httpx " + oauth2,
		noCode:   "./smm/connect ./smm/sim ./internal/oauthx/keep ./internal/oauthx/oauthtest " + require + " " + oauth2 + "/clientcredentials",
		tests:    "./internal/oauthx/oauthtest ./smm/sim " + require,
		noTests:  "./platforms/bluesky ./smm/connect",
	},
	{
		rule:     "the judge of the OAuth client",
		packages: "./internal/oauthx/oauthjudge",
		code:     "embed",
		noCode:   "./internal/oauthx ./smm " + require,
		tests:    "./internal/oauthx ./internal/httpx ./smm ./smm/safehttp " + require,
		noTests:  "./internal/oauthx/oauthtest ./platforms/bluesky",
	},
	{
		rule:     "the keeper of credentials",
		packages: "./internal/oauthx/keep",
		code:     "context ./smm",
		noCode:   "./smm/vault ./internal/httpx ./internal/oauthx " + oauth2,
		tests:    goCmp + " " + require,
		noTests:  "./smm/vault ./internal/httpx",
	},
	{
		rule:     "the generator of the documentation",
		packages: "./internal/docgen",
		code:     "fmt ./smm ./smm/sim ./platforms/all ./platforms/x ./platforms/x/xtest",
		noCode:   "./scheduler ./internal/httpx ./platforms/internal/meta github.com/stretchr/testify/require",
		tests:    "github.com/stretchr/testify/require",
	},
	{
		rule:     "a test-only module",
		packages: "./internal/bench ./internal/contract/openapi",
		code:     "testing ./platforms/x ./internal/httpx gonum.org/v1/gonum/stat github.com/getkin/kin-openapi/openapi3",
		noCode:   "C",
		noTests:  "C",
	},
	{
		rule:     "an internal package",
		packages: "./internal/httpx ./internal/textx ./internal/webhookx",
		code: "net/http ./smm ./internal/textx golang.org/x/time/rate github.com/clipperhouse/uax29/v2/graphemes " +
			oauth2 + " " + text + " " + retry,
		noCode: "./platforms/x ./platforms/internal/meta ./smm/inbox ./smm/safehttp ./scheduler ./internal/vcr ./internal/sharedspec ./internal/citool ./internal/bench ./internal/contract " +
			"github.com/hashicorp/go-cleanhttp golang.org/x/net/html " + goVCR + " " + goCmp,
		tests:   "./internal/vcr ./internal/sharedspec " + goCmp + " " + require,
		noTests: "./platforms/x/xtest ./smm/sim " + goVCR,
	},
	{
		rule:     "an example",
		packages: "./examples/quickstart ./examples/inbox/web",
		code:     "net/http ./smm ./smm/inbox ./platforms/all ./platforms/x/xtest ./smm/sqlitestore ./scheduler/riverengine ./examples/internal " + oauth2,
		noCode:   "./internal/httpx ./platforms/internal/meta github.com/chromedp/chromedp " + require,
		tests:    "github.com/chromedp/chromedp github.com/chromedp/cdproto/page " + require,
		noTests:  "./internal/sharedspec ./internal/vcr",
	},
}

// judge returns the breaches of a package that imports one thing.
func judge(pkg, imp string, test bool) []Violation {
	p := Package{Path: own(pkg)}
	if test {
		p.TestImports = []string{own(imp)}
	} else {
		p.Imports = []string{own(imp)}
	}

	return Check(Rules, Banned, []Package{p})
}

func TestRulesBySample(t *testing.T) {
	for _, s := range samples {
		for pkg := range strings.FieldsSeq(s.packages) {
			if rule, _ := govern(Rules, own(pkg)); rule == nil || rule.Name != s.rule {
				t.Errorf("%s: governed by %v, want %q", pkg, rule, s.rule)
			}

			expect := func(imports string, test, allowed bool) {
				for imp := range strings.FieldsSeq(imports) {
					found := judge(pkg, imp, test)
					if (len(found) == 0) != allowed {
						t.Errorf("%s imports %s (test %t): want allowed %t, got %v", pkg, imp, test, allowed, found)
					}
				}
			}
			expect(s.code, false, true)
			expect(s.code, true, true)
			expect(s.tests, true, true)
			expect(s.tests, false, false)
			expect(s.noCode, false, false)
			expect(s.noTests, true, false)
			expect("C github.com/stretchr/testify/assert github.com/stretchr/testify/assert/yaml", false, false)
			expect("C github.com/stretchr/testify/assert github.com/stretchr/testify/assert/yaml", true, false)

			inner := Check(Rules, Banned, []Package{{Path: own(pkg), InnerTests: []string{"export_test.go", "client_test.go"}}})
			if (len(inner) > 0) != s.external {
				t.Errorf("%s: refuses tests inside the package: %t, want %t", pkg, len(inner) > 0, s.external)
			}
		}
	}
}

func TestEveryRowHasASample(t *testing.T) {
	for _, rule := range Rules {
		found := slices.ContainsFunc(samples, func(s sample) bool { return s.rule == rule.Name })
		if !found {
			t.Errorf("row %q has no sample: add what it allows and refuses", rule.Name)
		}
		if rule.Cure == "" || len(rule.Packages) == 0 {
			t.Errorf("row %q lacks a cure or packages", rule.Name)
		}
	}
}

func TestPackagesWithoutRowAreRefused(t *testing.T) {
	for _, pkg := range []string{"./smm/unheardof", "./smm/unheardof/unheardoftest", "./util", "./platforms", "./docs"} {
		found := judge(pkg, "fmt", false)
		if len(found) != 1 || found[0].Import != "" {
			t.Errorf("%s: got %v, want one breach about the missing row", pkg, found)
		}
	}
}

func TestExternalTestsImportTheirPackage(t *testing.T) {
	for _, pkg := range []string{"./smm", "./scheduler", "./platforms/all", "./internal/citool"} {
		if found := judge(pkg, pkg, true); len(found) > 0 {
			t.Errorf("%s: its own tests may not import it: %v", pkg, found)
		}
	}
}

func TestExportTestIsTheOnlyInnerTest(t *testing.T) {
	pkg := Package{Path: own("./platforms/x"), InnerTests: []string{"export_test.go"}}
	if found := Check(Rules, Banned, []Package{pkg}); len(found) > 0 {
		t.Errorf("export_test.go alone: %v", found)
	}
}

func TestViolationMessages(t *testing.T) {
	for _, tc := range []struct {
		pkg, imp string
		test     bool
		want     []string
	}{
		{"./platforms/mastodon", "./platforms/bluesky", false, []string{
			"./platforms/mastodon imports ./platforms/bluesky", "rule: a platform", "its code may import only std, ./smm,",
			"./platforms/mastodon/...", "do: platforms know smm and internal packages, never each other",
		}},
		{"./platforms/mastodon", "./internal/vcr", false, []string{"that is for tests only"}},
		{"./analytics", goCmp, true, []string{"its tests may import only std, ./smm, ./analytics/..., ./internal/sharedspec"}},
		{"./examples/x", "./internal/httpx", true, []string{"its tests may never import that"}},
		{"./brand", "github.com/stretchr/testify/assert", true, []string{"banned in the whole repository", "testify/require"}},
	} {
		found := judge(tc.pkg, tc.imp, tc.test)
		if len(found) != 1 {
			t.Errorf("%s imports %s: got %d breaches, want 1", tc.pkg, tc.imp, len(found))

			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(found[0].String(), want) {
				t.Errorf("message lacks %q:\n%s", want, found[0])
			}
		}
	}
}
