package deptest

import "slices"

// Packages of other modules, by the job they are taken for.
var (
	testTools = []string{"github.com/google/go-cmp/cmp/...", "github.com/stretchr/testify/require"}
	sqlite    = []string{"modernc.org/sqlite/..."}
	postgres  = []string{"github.com/jackc/pgx/v5/..."}
	river     = []string{"github.com/riverqueue/river/..."}
	browser   = []string{"github.com/chromedp/chromedp/...", "github.com/chromedp/cdproto/..."}
	network   = []string{
		"golang.org/x/oauth2/...", "golang.org/x/time/rate", "github.com/hashicorp/go-retryablehttp",
		"golang.org/x/text/...", "github.com/clipperhouse/uax29/v2/...",
	}
)

// Groups of packages of this repository.
var (
	smmParts   = []string{"sim", "connect", "vault", "quota", "safehttp", "mediahost", "inbox", "ads", "listening", "partners"}
	sharedSpec = []string{"./internal/sharedspec"}
	// testOnly are internal packages that no shipped code may depend on.
	testOnly = []string{
		"./internal/vcr/...", "./internal/sharedspec/...", "./internal/deptest/...",
		"./internal/citool/...", "./internal/bench/...", "./internal/contract/...", "./internal/campaign/...",
		"./internal/realnet/...", "./internal/evidence/...", "./internal/oauthx/oauthjudge/...", "./internal/pgtest/...",
		"./internal/worktest/...",
	}
	// authServer serves simulators and tests, and ships in neither a platform nor
	// the OAuth client.
	authServer   = []string{"./internal/oauthx/oauthtest"}
	platformBase = []string{
		"std", "./smm", "./smm/safehttp", "golang.org/x/oauth2/...", "./internal/...", "./platforms/internal/...",
	}
	platformTests = join(testTools, sharedSpec, authServer, []string{
		"./internal/vcr", "./internal/realnet", "./internal/evidence", "./smm/smmtest", "./smm/sim", "./smm/quota", "./platforms/<p>/...", "./platforms/internal/...",
	})
	storeBase = []string{"std", "./smm/...", "./scheduler", "./scheduler/workflow", "./moderation"}
	storeTest = join(testTools, sharedSpec, []string{
		"./scheduler/schedulertest", "./scheduler/workflow/workflowtest", "./smm/smmtest", "./internal/oauthx/keep", "./internal/pgtest",
		"./internal/worktest",
	})
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

// Rules is the import table. Rows stand from the particular to the general,
// because the first that matches a package governs it. Where a row is about a
// tree of packages, the tree may import itself unless the row says otherwise.
var Rules = slices.Concat(coreRules, platformRules, internalRules, outerRules)

const (
	cureCore = "the core, analytics and scheduler build from the standard library alone, tests too: " +
		"write the few lines needed, or move the code to the package that owns the dependency"
	curePlatform = "platforms know smm and internal packages, never each other: share code through " +
		"platforms/internal, keep test code in tests, and let the host join platforms to inbox, scheduler and the rest"
	cureInternal = "internal packages serve the platforms and know only smm: " +
		"pass what is missing in as a parameter or an interface"
	cureText  = "moderation and brand know text and smm only: let the host join them to scheduler, inbox and analytics"
	cureStore = "a store implements the contracts of smm, scheduler and moderation on one driver and knows nothing else"
)

var coreRules = []Rule{
	{
		Name:     "the store on SQLite",
		Packages: []string{"./smm/sqlitestore/..."},
		Allow:    join(storeBase, sqlite),
		Deny:     []string{"./smm/smmtest/..."},
		Forbid:   []string{"./smm/pgstore/..."},
		Tests:    join(storeTest, []string{"modernc.org/libc"}), // the disk that loses its power
		Cure:     cureStore,
	},
	{
		Name:     "the store on PostgreSQL",
		Packages: []string{"./smm/pgstore/..."},
		Allow:    join(storeBase, postgres),
		Deny:     []string{"./smm/smmtest/..."},
		Forbid:   []string{"./smm/sqlitestore/..."},
		Tests:    storeTest,
		Cure:     cureStore,
	},
	{
		Name:     "the engine on River",
		Packages: []string{"./scheduler/riverengine/..."},
		Allow:    join(storeBase, postgres, river, []string{"./scheduler/riverengine/..."}),
		Deny:     []string{"./smm/smmtest/..."},
		Forbid:   []string{"./smm/sqlitestore/..."},
		Tests:    storeTest,
		Cure:     cureStore,
	},
	{
		Name:     "the conformance suite of drivers and of stores",
		Packages: []string{"./smm/smmtest/..."},
		Allow:    []string{"std", "./smm", "./smm/sim", "./smm/smmtest/..."},
		Tests:    sharedSpec,
		Cure:     cureCore,
	},
	{
		Name:     "the conformance suite of one part of smm",
		Packages: []string{"./smm/<c>/<c>test/..."},
		Names:    smmParts,
		Allow:    []string{"std", "./smm", "./smm/sim", "./smm/<c>/..."},
		Tests:    sharedSpec,
		Cure:     cureCore,
	},
	{
		Name:     "the conformance suites of the scheduler",
		Packages: []string{"./scheduler/schedulertest/...", "./scheduler/workflow/workflowtest/..."},
		Allow:    []string{"std", "./smm", "./smm/sim", "./scheduler", "./scheduler/workflow", "./scheduler/schedulertest/...", "./scheduler/workflow/workflowtest/..."},
		Tests:    sharedSpec,
		Cure:     cureCore,
	},
	{
		Name:     "the portable model",
		Packages: []string{"./smm"},
		Allow:    []string{"std"},
		Tests:    join(sharedSpec, []string{"./smm/sim", "./smm/smmtest"}),
		Cure:     cureCore,
	},
	{
		Name:     "quotas",
		Packages: []string{"./smm/quota"},
		Allow:    []string{"std", "./smm"},
		Tests:    join(testTools, sharedSpec, []string{"./smm/sim", "./smm/quota/quotatest", "golang.org/x/time/rate"}),
		Cure:     "it counts requests and knows nothing else: platforms declare their budgets, and stores keep bytes",
	},
	{
		Name:     "a part of smm",
		Packages: []string{"./smm/<c>/..."},
		Names:    smmParts,
		Allow:    []string{"std", "./smm", "./smm/<c>/..."},
		Deny:     []string{"./smm/<c>/<c>test/..."},
		Tests:    join(sharedSpec, []string{"./smm/sim", "./smm/smmtest", "./smm/<c>/<c>test/..."}),
		Cure: "parts of smm never import each other: put what they share into smm itself, " +
			"or define a small interface where it is used and let the host join them",
	},
	{
		Name:     "analytics",
		Packages: []string{"./analytics/..."},
		Allow:    []string{"std", "./smm", "./analytics/..."},
		Tests:    sharedSpec,
		Cure:     cureCore,
	},
	{
		Name:     "the scheduler",
		Packages: []string{"./scheduler/..."},
		Allow:    []string{"std", "./smm", "./scheduler/..."},
		Deny:     []string{"./scheduler/schedulertest/...", "./scheduler/workflow/workflowtest/..."},
		Forbid:   []string{"./scheduler/riverengine/..."},
		Tests:    join(sharedSpec, []string{"./smm/sim", "./scheduler/schedulertest/..."}),
		Cure:     cureCore,
	},
	{
		Name:     "moderation",
		Packages: []string{"./moderation/..."},
		Allow:    []string{"std", "golang.org/x/text/...", "./smm", "./internal/textx", "./internal/jsonfile", "./moderation/..."},
		Tests:    join(testTools, sharedSpec),
		Cure:     cureText,
	},
	{
		Name:     "brand",
		Packages: []string{"./brand/..."},
		Allow:    []string{"std", "golang.org/x/text/...", "./smm", "./internal/textx", "./internal/jsonfile", "./brand/..."},
		Tests:    join(testTools, sharedSpec),
		Cure:     cureText,
	},
}

var platformRules = []Rule{
	{
		Name:     "the registry of platforms",
		Packages: []string{"./platforms/all"},
		Allow:    []string{"std", "./smm", "./platforms/*"},
		Forbid:   []string{"./platforms/internal/..."},
		Tests:    join(testTools, []string{"./smm/sim", "./platforms/..."}),
		Cure:     "the registry maps names to constructors and knows nothing else",
	},
	{
		Name:     "a simulator that platforms share",
		Packages: []string{"./platforms/internal/<c>/<c>test/..."},
		Allow:    join(platformBase, []string{"./smm/sim"}),
		Deny:     testOnly,
		Tests:    join(testTools, sharedSpec, []string{"./internal/vcr"}),
		Cure:     curePlatform,
	},
	{
		Name:     "code that platforms share",
		Packages: []string{"./platforms/internal/..."},
		Allow:    platformBase,
		Deny:     join(testOnly, authServer, []string{"./platforms/internal/<c>/<c>test/..."}),
		Tests:    join(testTools, sharedSpec, authServer, []string{"./internal/vcr", "./smm/sim", "./platforms/internal/..."}),
		Cure:     curePlatform,
	},
	{
		Name:          "a platform's simulator",
		Packages:      []string{"./platforms/<p>/<p>test/..."},
		Allow:         join(platformBase, []string{"./smm/sim", "./platforms/<p>/..."}),
		Deny:          testOnly,
		Tests:         platformTests,
		ExternalTests: true,
		Cure:          curePlatform,
	},
	{
		Name:          "a platform's advertising",
		Packages:      []string{"./platforms/<p>/ads/..."},
		Allow:         join(platformBase, []string{"./smm/ads", "./platforms/<p>/..."}),
		Deny:          join(testOnly, authServer, []string{"./platforms/<p>/<p>test/..."}),
		Tests:         platformTests,
		ExternalTests: true,
		Cure:          curePlatform,
	},
	{
		Name:          "a platform",
		Packages:      []string{"./platforms/<p>/..."},
		Allow:         join(platformBase, []string{"./platforms/<p>/..."}),
		Deny:          join(testOnly, authServer, []string{"./platforms/<p>/<p>test/...", "./platforms/internal/<c>/<c>test/..."}),
		Tests:         platformTests,
		ExternalTests: true,
		Cure:          curePlatform,
	},
}

var internalRules = []Rule{
	{
		Name:     "recorded traffic",
		Packages: []string{"./internal/vcr/..."},
		Allow:    join(network, []string{"std", "./smm", "./internal/...", "github.com/dnaeon/go-vcr/v2/..."}),
		Tests:    join(testTools, sharedSpec),
		Cure:     cureInternal,
	},
	{
		Name: "the tools of the repository",
		Packages: []string{
			"./internal/deptest/...", "./internal/sharedspec/...", "./internal/citool/...",
			"./internal/realnet/...", "./internal/evidence/...", "./internal/pgtest/...",
		},
		Allow: []string{"std", "./internal/deptest/...", "./internal/evidence/..."},
		Cure:  "these tools judge or serve every other package and may depend on none",
	},
	{
		Name:     "the workers that tests kill",
		Packages: []string{"./internal/worktest/..."},
		Allow:    []string{"std", "./smm", "./scheduler"},
		Cure:     "it serves the tests of every store and engine, so it knows the contract and none of them",
	},
	{
		Name:     "the keeper of credentials",
		Packages: []string{"./internal/oauthx/keep/..."},
		Allow:    []string{"std", "./smm"},
		Tests:    testTools,
		Cure:     "it is a protocol over a store and a function that asks: HTTP and OAuth stay with its callers",
	},
	{
		Name:     "the authorization server of tests",
		Packages: []string{"./internal/oauthx/oauthtest/..."},
		Allow:    []string{"std", "./smm"},
		Tests:    join(testTools, []string{"./internal/oauthx", "./smm/sim"}),
		Cure:     "it judges the client of internal/oauthx and serves simulators, so it shares no code with either",
	},
	{
		Name:     "the OAuth client",
		Packages: []string{"./internal/oauthx"},
		Allow:    []string{"std", "./smm", "./smm/safehttp", "./internal/httpx", "golang.org/x/oauth2"},
		Tests:    join(testTools, sharedSpec, []string{"./smm/sim", "./internal/oauthx/oauthtest"}),
		Cure:     "it is the protocol alone: storing belongs to internal/oauthx/keep, what a vendor adds to his platform",
	},
	{
		Name:     "the judge of the OAuth client",
		Packages: []string{"./internal/oauthx/oauthjudge/..."},
		Allow:    []string{"std"},
		Tests:    join(testTools, []string{"./smm", "./smm/safehttp", "./internal/httpx", "./internal/oauthx"}),
		Cure:     "it sets the client against a server of other people's, and nothing of ours may stand between them",
	},
	{
		Name:     "the generator of the documentation",
		Packages: []string{"./internal/docgen"},
		Allow:    []string{"std", "./smm", "./smm/sim", "./analytics", "./internal/evidence", "./platforms/..."},
		Forbid:   []string{"./platforms/internal/..."},
		Tests:    testTools,
		Cure:     "the tables are read off the drivers, which are asked on their simulators",
	},
	{
		Name:     "a test-only module",
		Packages: []string{"./internal/bench/...", "./internal/contract/...", "./internal/campaign/..."},
		Allow:    []string{"any"},
		Cure:     "nothing but the global bans applies here",
	},
	{
		Name:     "an internal package",
		Packages: []string{"./internal/..."},
		Allow:    join(network, []string{"std", "./smm", "./internal/..."}),
		Deny:     testOnly,
		Tests:    join(testTools, sharedSpec, []string{"./internal/vcr"}),
		Cure:     cureInternal,
	},
}

var outerRules = []Rule{
	{
		Name:     "an example",
		Packages: []string{"./examples/..."},
		Allow:    []string{"std", "./...", "golang.org/x/oauth2/..."},
		Forbid:   []string{"./internal/...", "./platforms/internal/..."},
		Tests:    join(testTools, browser),
		Cure: "an example shows what a host can do, so it sees public packages only: " +
			"if it needs something internal, that something is missing from the public API",
	},
}

// Banned lists what nobody may import, with the reason.
var Banned = map[string]string{
	"C": "the library builds without a C compiler on every platform: use a pure Go implementation",
	"github.com/stretchr/testify/assert/...": "assert goes on after a failure and buries the cause: " +
		"use github.com/stretchr/testify/require",
}
