// Package quota keeps programs under the limits of platforms, alone or many
// processes together.
package quota
