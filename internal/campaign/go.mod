module github.com/smmkit/smmkit/internal/campaign

go 1.26.0

require (
	github.com/smmkit/smmkit v0.0.0
	github.com/smmkit/smmkit/smm/sqlitestore v0.0.0
)

replace (
	github.com/smmkit/smmkit => ../..
	github.com/smmkit/smmkit/smm/sqlitestore => ../../smm/sqlitestore
)
