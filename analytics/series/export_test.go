package series

// What the external tests reach inside.
var (
	CompareKeys     = compareKeys
	StudentTwoSided = studentTwoSided
)
