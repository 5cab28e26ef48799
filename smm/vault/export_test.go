package vault

// PlaceOf is what a credential is bound to.
var PlaceOf = placeOf
