module github.com/smmkit/smmkit/internal/contract

go 1.26.0

require (
	github.com/smmkit/smmkit v0.0.0
	github.com/stretchr/testify v1.12.1
	github.com/teambition/rrule-go v1.8.2
)

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/smmkit/smmkit => ../..
