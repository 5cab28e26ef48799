module example.com/outsider

go 1.26.0

require github.com/smmkit/smmkit v0.0.0
